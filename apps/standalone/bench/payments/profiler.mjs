/**
 * Takes a CPU profile of the process that imports it, from its start to its end, into the folder named after `?`: Node takes
 * its own `--cpu-prof` from a command line alone, and services have theirs from those who start them.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';

const folder = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const service = path.basename(path.dirname(path.dirname(process.argv[1] ?? '')));
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.start');
process.on('exit', () => {
  session.post('Profiler.stop', (_error, { profile }) => {
    writeFileSync(path.join(folder, `${service}-${process.pid}.cpuprofile`), JSON.stringify(profile));
  });
});
