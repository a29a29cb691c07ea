import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServiceTokenSigner, ensureKeys } from '@paygraph/auth';
import { vi } from 'vitest';
import { createRemoteLedger, type RemoteLedger } from './remote-ledger.ts';

/** The ledger's own program in a process of its own, at an address that it keeps over its deaths. */
export interface LedgerProcess {
  readonly ledger: RemoteLedger;
  /** Ends it as the kernel would: nothing is flushed, nothing is answered. */
  kill(): Promise<void>;
  /** Starts it again after it was killed. */
  restart(): Promise<void>;
  /** Ends it as an operator would. */
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const readyWithinMs = 180_000;

export type LedgerProcesses = Awaited<ReturnType<typeof startLedgerProcesses>>;

/** Starts processes of the ledger service on one database. */
export async function startLedgerProcesses(databaseUrl: string, count: number) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'paygraph-ledger-'));
  const keys = await ensureKeys({ directory, services: ['ledger', 'payment', 'wallet', 'gateway'] });
  const signerOf = (service: 'payment' | 'wallet') => {
    const key = keys.serviceKeys.get(service)?.key;
    if (!key) throw new Error(`There is no key of ${service}`);
    return createServiceTokenSigner({ service, key });
  };
  const [payment, wallet] = [signerOf('payment'), signerOf('wallet')];
  const start = async (): Promise<LedgerProcess> => {
    const port = await freePort();
    const env = {
      LEDGER_DATABASE_URL: databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'silent',
      SERVICE_JWKS_FILE: keys.serviceJwksFile,
      SERVICE_KEY_FILE: path.join(directory, 'ledger.key.json'),
      // Never asked: nobody comes with an access token.
      ACCESS_TOKEN_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
    };
    let life = await live(env);
    return {
      ledger: createRemoteLedger({ url: `http://127.0.0.1:${port}/graphql`, payment, wallet }),
      kill: () => life.end('SIGKILL'),
      restart: async () => {
        life = await live(env);
      },
      stop: () => life.end('SIGTERM'),
    };
  };
  const processes = await Promise.all(Array.from({ length: count }, start));
  return {
    processes,
    stop: async () => {
      await Promise.all(processes.map(({ ledger }) => ledger.close()));
      await Promise.all(processes.map((each) => each.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One life of a process, from when it is ready. */
async function live(env: Readonly<Record<string, string>>) {
  const { PATH, HOME, TMPDIR } = process.env;
  const inherited = Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined),
  );
  // The channel ends the child with its parent, however that ends.
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded()) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  await vi.waitFor(
    async () => {
      if (hasEnded()) return;
      const { ok } = await fetch(`http://${env.HOST}:${env.PORT}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      if (!ok) throw new Error('The ledger is not ready');
    },
    { timeout: readyWithinMs, interval: 50 },
  );
  if (hasEnded()) throw new Error('The ledger ended while it was starting');
  return { end };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no TCP address');
  return address.port;
}
