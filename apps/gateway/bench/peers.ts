import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { peersDirectory } from './gateways.ts';

/** Installs the peers and the load generator at first use, as their own lockfile says: nobody else needs them. */
export async function installPeers(): Promise<void> {
  if (existsSync(path.join(peersDirectory, 'node_modules/.package-lock.json'))) return;
  console.error('Installing the gateways to compare with …');
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: peersDirectory,
    stdio: ['ignore', 2, 2],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The peers were not installed: npm ci ended with ${code}`);
}
