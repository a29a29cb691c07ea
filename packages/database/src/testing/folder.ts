import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readDataDirectory } from '../embedded/data-directory.ts';
import { clearOrphan, isAlive } from '../embedded/orphan.ts';

const PREFIX = 'paygraph-test-';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * A temporary folder for a cluster of this process, which PostgreSQL's own user may enter. It lies in memory where there
 * is plenty: a database is three hundred files, and a busy disk takes ten times as long to make them.
 */
export async function createClusterFolder(): Promise<string> {
  const free = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  const root = free >= ENOUGH_BYTES ? MEMORY : os.tmpdir();
  const folder = await mkdtemp(path.join(root, `${PREFIX}${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}

/** Shuts down and removes the clusters of processes that were killed before they could. */
export async function removeAbandonedClusters(): Promise<void> {
  for (const folder of await clusterFolders()) {
    if (isAlive(Number.parseInt(path.basename(folder).slice(PREFIX.length), 10))) continue;
    // One that cannot be removed is another user's, or another run is at it.
    await removeCluster(folder).catch(() => {});
  }
}

/** The folders of all test clusters, or of those that a process made. */
export async function clusterFolders(owner = ''): Promise<string[]> {
  const listings = [MEMORY, os.tmpdir()].map(async (root) => {
    const names = await readdir(root).catch(() => []);
    return names.filter((name) => name.startsWith(`${PREFIX}${owner}`)).map((name) => path.join(root, name));
  });
  return (await Promise.all(listings)).flat();
}

async function removeCluster(folder: string): Promise<void> {
  const data = await readDataDirectory(folder);
  if (data !== undefined) {
    await clearOrphan(data);
    await rm(data.path, { recursive: true });
  }
  await rm(folder, { recursive: true, force: true });
}
