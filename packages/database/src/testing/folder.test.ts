import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { clusterFolders, removeAbandonedClusters } from './folder.ts';
import { query } from './index.ts';

const program = fileURLToPath(new URL('fixtures/run-cluster.ts', import.meta.url));

it('the next run clears away the cluster of a run that was killed', async () => {
  const run = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = String(await once(run.stdout, 'data')).trim();
  run.kill('SIGKILL');
  await once(run, 'exit');
  await removeAbandonedClusters();
  // Another run that starts now may be the one that clears it away.
  await expect.poll(() => clusterFolders(`${run.pid}-`), { timeout: 20_000 }).toEqual([]);
  await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});
