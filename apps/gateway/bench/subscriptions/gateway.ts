/** The process of the gateway, as it runs in production with its caps raised; tells what it has used. */
import { createAuthenticator, type Jwks, staticKeys } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { createGateway } from '../../src/index.ts';

export interface GatewaySettings {
  readonly supergraphSdl: string;
  readonly jwks: Jwks;
}

export interface GatewayUse {
  /** CPU time in s since it began, all threads, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Bytes of heap that are in use after a collection; absent when none was asked for. */
  readonly heapBytes?: number;
}

/** `use` asks for CPU time, `heap` for that and the heap. */
export type GatewayCommand = 'use' | 'heap';

const { supergraphSdl, jwks }: GatewaySettings = JSON.parse(process.env.BENCH_SETTINGS ?? '{}');
const raised = { total: 100_000, perPrincipal: 100_000 };
const gateway = createGateway({
  supergraphSdl,
  authenticate: createAuthenticator({
    accessTokenKeys: staticKeys(jwks),
    audience: 'gateway',
    acceptedScopes: {},
  }),
  logger: createLogger({ service: 'gateway', level: 'warn' }),
  subscriptions: raised,
  sockets: raised,
});

process.on('message', async (command: GatewayCommand) => {
  const { user, system } = process.cpuUsage();
  const use: GatewayUse = { cpuSeconds: (user + system) / 1_000_000 };
  process.send?.(command === 'heap' ? { ...use, heapBytes: await heapInUse() } : use);
});
process.on('disconnect', () => process.exit());
process.send?.(await gateway.listen({ host: '127.0.0.1', port: 0 }));

/** Some things are let go by what a first collection has called. */
async function heapInUse(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    global.gc?.();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}
