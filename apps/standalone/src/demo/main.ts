import { loadConfig, serverEnvironment } from '@paygraph/service';
import { z } from 'zod';
import { startInOneProcess } from '../services/one-process.ts';
import type { Services } from '../services/services.ts';
import { startFromEnvironment } from '../start.ts';
import { travel } from './journey.ts';
import { createNarrator } from './narrator.ts';

const environment = {
  PORT: serverEnvironment.PORT,
  /** The gateway's GraphQL address, when it is elsewhere. */
  PAYGRAPH_URL: z.url().optional(),
};
const narrator = createNarrator((text) => process.stdout.write(text));

let platform: Services | undefined;
try {
  const { PORT, PAYGRAPH_URL } = loadConfig(environment);
  const url = PAYGRAPH_URL ?? `http://localhost:${PORT}/graphql`;
  const ready = await isReady(url);
  if (!ready && PAYGRAPH_URL !== undefined) throw new Error(`Nothing answers at ${PAYGRAPH_URL}`);
  if (!ready) platform = await startOwn();
  await travel(platform?.url ?? url, narrator);
} catch (error) {
  narrator.check(error instanceof Error ? error.message : String(error), false);
} finally {
  await platform?.stop();
}
const { failures } = narrator;
process.stdout.write(failures.length === 0 ? '\nEvery check held.\n' : `\n${failures.length} checks did not hold.\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function isReady(graphql: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/health/ready', graphql), { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function startOwn(): Promise<Services> {
  process.stdout.write('No platform is running: starting one for the length of the demo …\n');
  return startFromEnvironment(process.env, (config, installation) => startInOneProcess(installation, config.PORT));
}
