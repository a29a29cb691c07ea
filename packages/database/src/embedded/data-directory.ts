import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account, canEnter, makeOpenDirectory, serverAccount } from './account.ts';
import { passwordOf, SUPERUSER } from './connection.ts';

const run = promisify(execFile);

/** Lies in the data itself, so that passwords and data live and die together. */
const SECRET = 'paygraph.secret';

/** Where data goes that PostgreSQL's user could not reach in its own place. */
const ELSEWHERE = '/var/lib/paygraph';

export interface DataDirectory {
  /** Absolute and free of symbolic links. */
  path: string;
  account: Account;
  /** What the roles' passwords are derived from. */
  secret: string;
}

/**
 * The cluster in `<directory>/postgres`, made when there is none.
 *
 * Below a folder that only root may enter, PostgreSQL's user cannot reach that place: then the cluster lies in a folder
 * of its own under `/var/lib/paygraph`, and `<directory>/postgres` is a symbolic link to it. Either way it is made aside
 * and put in place in one step: a crash leaves no half-made cluster.
 */
export async function openDataDirectory(directory: string, programs: string): Promise<DataDirectory> {
  await mkdir(directory, { recursive: true });
  const existing = await readDataDirectory(directory);
  if (existing !== undefined) return existing;
  await create(path.join(directory, 'postgres'), programs);
  const made = await readDataDirectory(directory);
  if (made === undefined) throw new Error(`${directory} was removed while PostgreSQL was set up in it`);
  return made;
}

/** The cluster in `<directory>/postgres`, if there is one. */
export async function readDataDirectory(directory: string): Promise<DataDirectory | undefined> {
  const data = await resolve(path.join(directory, 'postgres'));
  if (data === undefined) return undefined;
  const secret = await readFile(path.join(data, SECRET), 'utf8').catch((cause) => {
    throw new Error(`${data} cannot be read: it belongs to another user, or is no database of Paygraph`, { cause });
  });
  return { path: data, account: serverAccount(data), secret };
}

async function create(place: string, programs: string): Promise<void> {
  const account = serverAccount(place);
  const reachable = canEnter(account, path.dirname(place));
  if (!reachable) await makeOpenDirectory(ELSEWHERE);
  const made = await mkdtemp(reachable ? `${place}.` : path.join(ELSEWHERE, 'postgres.'));
  try {
    await initialize(made, account, programs);
    await (reachable ? rename(made, place) : symlink(made, place));
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Whoever made the cluster at the same time was first.
    if ((await resolve(place)) === undefined) throw error;
  }
}

async function initialize(data: string, account: Account, programs: string): Promise<void> {
  const secret = randomBytes(32).toString('hex');
  const passwordFile = `${data}.password`;
  await give(account, data);
  await writeFile(passwordFile, passwordOf(secret, SUPERUSER), { mode: 0o600 });
  await give(account, passwordFile);
  try {
    await run(
      path.join(programs, 'initdb'),
      [
        `--pgdata=${data}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
      ],
      { ...account, cwd: '/' },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(path.join(data, SECRET), secret, { mode: 0o600 });
  await give(account, path.join(data, SECRET));
}

async function give(account: Account, file: string): Promise<void> {
  if ('uid' in account) await chown(file, account.uid, account.gid);
}

async function resolve(place: string): Promise<string | undefined> {
  try {
    return await realpath(place);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const target = await readlink(place).catch(() => undefined);
    if (target === undefined) return undefined;
    throw new Error(`${place} points to ${target}, which is gone: remove it to begin anew`);
  }
}
