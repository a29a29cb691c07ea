import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureKeys, serviceNames } from '@paygraph/auth';
import { freePort, start, stop } from '@paygraph/bench';
import type { Supergraphs } from './graph/supergraph.ts';

export const gatewayNames = ['paygraph', 'paygraph-open', 'stock', 'hive', 'hive-router'] as const;
export type GatewayName = (typeof gatewayNames)[number];

export interface RunningGateway {
  readonly name: GatewayName;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface GatewayEnvironment {
  readonly supergraphs: Supergraphs;
  readonly jwksUrl: string;
  /** Where files may be written. */
  readonly directory: string;
  /** Where a CPU profile of our own gateway goes; none is taken if left out. */
  readonly profileDirectory?: string;
}

export const peersDirectory = fileURLToPath(new URL('peers', import.meta.url));
const ourMain = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const openMain = fileURLToPath(new URL('open.ts', import.meta.url));
const hiveMain = path.join(peersDirectory, 'node_modules/@graphql-hive/gateway/dist/bin.js');

/** Starts a gateway as in production, in a process of its own, and waits until it answers. */
export async function startGateway(name: GatewayName, environment: GatewayEnvironment): Promise<RunningGateway> {
  const { supergraphs, jwksUrl, directory, profileDirectory } = environment;
  const port = await freePort();
  const supergraphFile = path.join(directory, `${name}.graphql`);
  await writeFile(supergraphFile, name === 'paygraph' ? supergraphs.whole : supergraphs.bare);
  const env = {
    ...{ PATH: process.env.PATH, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port) },
    ...{ SUPERGRAPH_FILE: supergraphFile, ACCESS_TOKEN_JWKS_URL: jwksUrl, METRICS_PORT: '0' },
    ...(await keysIn(directory)),
    // More than it could ever serve, so that all is counted and nothing refused.
    ...{ RATE_LIMIT_ANONYMOUS: MANY, RATE_LIMIT_CALLER: MANY, RATE_LIMIT_NETWORK: MANY },
  };
  const child = start(commandOf(name, { port, supergraphFile, profileDirectory }), env, peersDirectory);
  const url = `http://127.0.0.1:${port}/graphql`;
  await answering(url, child, name);
  return { name, url, pid: child.pid, stop: () => stop(child) };
}

const MANY = '999999999';

async function keysIn(directory: string): Promise<NodeJS.ProcessEnv> {
  const { serviceKeys, serviceJwksFile } = await ensureKeys({ directory, services: serviceNames });
  return { SERVICE_KEY_FILE: serviceKeys.get('gateway')?.file, SERVICE_JWKS_FILE: serviceJwksFile };
}

function commandOf(
  name: GatewayName,
  options: { readonly port: number; readonly supergraphFile: string; readonly profileDirectory: string | undefined },
): string[] {
  const { port, supergraphFile, profileDirectory } = options;
  const profile = profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`];
  const hive = [hiveMain, 'supergraph', supergraphFile, '-c', 'hive.config.mjs', '-h', '127.0.0.1', '-p', String(port)];
  const own = [process.execPath, ...profile, '--import', import.meta.resolve('tsx')];
  switch (name) {
    case 'paygraph':
      return [...own, ourMain];
    case 'paygraph-open':
      return [...own, openMain];
    case 'stock':
      return [process.execPath, 'stock.mjs'];
    case 'hive':
      return [process.execPath, ...hive];
    case 'hive-router':
      return [process.execPath, ...hive, '--hive-router-runtime'];
  }
}

async function answering(url: string, child: ChildProcess, name: GatewayName): Promise<void> {
  const deadline = Date.now() + 60_000;
  const probe = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{__typename}"}' };
  for (;;) {
    const answer = await fetch(url, probe).catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${name} does not answer at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
