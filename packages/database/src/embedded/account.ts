import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';

/** The user that PostgreSQL runs as: `spawn` options. Empty when it is the user of this process. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** Users that may exist for the purpose, best first. `nobody` exists everywhere. */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root. Root therefore hands it to a user without privileges: whoever owns the data there
 * already is, else `postgres`, else `nobody`.
 */
export function serverAccount(data: string): Account {
  if (!runsAsRoot()) return {};
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = CANDIDATES.map(find).find((found) => found !== undefined);
  if (account === undefined) throw new Error(`PostgreSQL does not run as root: create the user ${CANDIDATES[0]}`);
  return account;
}

export const runsAsRoot = (): boolean => process.getuid?.() === 0;

/** Whether the account may enter the folder, through all the folders above it. */
export function canEnter(account: Account, directory: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', directory], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** Makes a folder, if there is none, that others may enter whatever the umask. */
export async function makeOpenDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  if (made !== undefined) await chmod(directory, 0o755);
}

function find(user: string): Account | undefined {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
