/** A whole platform, as `npm run start:services` runs it: started by the benchmark, which it tells where everything is. */
import path from 'node:path';
import { createLogger, runMain } from '@paygraph/service';
import { startPlatform } from '../../src/platform.ts';
import {
  type Addresses,
  type DatabaseUrls,
  serviceNames,
  settingsIn,
  subgraphNames,
} from '../../src/services/environment.ts';
import { freePorts } from '../../src/services/free-ports.ts';
import { startProcesses } from '../../src/services/many-processes.ts';

export interface PlatformReady {
  readonly url: string;
  readonly addresses: Addresses;
  readonly databases: Readonly<Record<(typeof subgraphNames)[number], DatabaseUrls>>;
  /** The folder with the installation's keys. */
  readonly keys: string;
}

await runMain(async () => {
  const directory = path.resolve(process.env.PAYGRAPH_DIRECTORY ?? '');
  const ports = await freePorts(serviceNames.length);
  let databases: PlatformReady['databases'] | undefined;
  const platform = await startPlatform({
    directory,
    logger: createLogger({ service: 'bench', level: 'warn' }),
    logLevel: 'warn',
    settings: settingsIn(process.env),
    start: (installation) => {
      const urls = subgraphNames.map((name) => [name, installation.databases(name)]);
      databases = Object.fromEntries(urls) as PlatformReady['databases'];
      return startProcesses(installation, (service) => ports[serviceNames.indexOf(service)] ?? 0);
    },
  });
  if (!databases) throw new Error('The platform has no databases');
  const { url, addresses } = platform;
  process.send?.({ url, addresses, databases, keys: path.join(directory, 'keys') } satisfies PlatformReady);
  return platform;
});
