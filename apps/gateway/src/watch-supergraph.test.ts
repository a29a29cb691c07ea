import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@paygraph/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from './testing/until.ts';
import { watchSupergraph } from './watch-supergraph.ts';

let directory: string;
let unwatch = (): void => undefined;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'supergraph-'));
});
afterEach(async () => {
  unwatch();
  await rm(directory, { recursive: true });
});

it('a file that changes is loaded anew, and one that cannot be used or is gone changes nothing', async () => {
  const file = path.join(directory, 'supergraph.graphql');
  const next = path.join(directory, 'next.graphql');
  const loaded: string[] = [];
  const logged: string[] = [];
  const reload = async (sdl: string) => {
    if (sdl === 'bad') throw new Error('Syntax Error');
    loaded.push(sdl);
  };
  const logger = createLogger({ service: 'gateway', level: 'info' }, { write: (line) => void logged.push(line) });
  await writeFile(file, 'first');
  unwatch = watchSupergraph({ path: file, gateway: { reload }, logger, intervalMs: 10 });

  await writeFile(next, 'second');
  await rename(next, file);
  await until(() => expect(loaded.at(-1)).toBe('second'));
  await writeFile(next, 'bad');
  await rename(next, file);
  await until(() => expect(logged.join('')).toContain('Syntax Error'));
  await rm(file);
  await until(() => expect(logged.join('')).toContain('ENOENT'));
  await writeFile(next, 'third, and longer');
  await rename(next, file);
  await until(() => expect(loaded.at(-1)).toBe('third, and longer'));
});
