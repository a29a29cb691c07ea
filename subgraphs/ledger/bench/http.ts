import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  staticKeys,
} from '@paygraph/auth';
import type { Measure } from '@paygraph/bench';
import { memoryBus } from '@paygraph/events';
import { createLogger } from '@paygraph/service';
import { createLedgerSubgraph } from '../src/subgraph.ts';
import { endChild, run, startChild } from './child.ts';
import type { CallersTask } from './http-callers.ts';
import { walletIds } from './ledger.ts';

/** The ledger's own server, called as the payment service calls it: one transfer a request, by a process of its own. */
export async function createHttpLedger(databaseUrl: string) {
  const key = generateSigningKey();
  const subgraph = createLedgerSubgraph({
    databaseUrl,
    bus: memoryBus(),
    key: generateSigningKey(),
    // Not while others are measured.
    proofIntervalMs: 86_400_000,
    logger: createLogger({ service: 'ledger', level: 'silent' }),
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(key, 'payment')] }),
      audience: 'ledger',
      acceptedScopes: { payment: ['ledger:post'] },
    }),
  });
  const url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
  const token = createServiceTokenSigner({ service: 'payment', key });
  const callers = await startChild('http-callers.ts');
  return {
    measure: (task: Pick<CallersTask, 'clients' | 'seconds'>): Promise<Measure> => {
      const authorization = `Bearer ${token('ledger', ['ledger:post'])}`;
      return run<CallersTask, Measure>(callers, { ...task, url, authorization, walletIds });
    },
    close: async () => {
      await endChild(callers);
      await subgraph.stop();
    },
  };
}
