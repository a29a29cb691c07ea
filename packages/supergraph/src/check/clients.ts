import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Manifest, manifestOf } from './manifest.ts';

const clientsShape = z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.array(z.string()).min(1));

/**
 * Makes the manifests of our own clients, by name, from what a YAML file says of each: paths, relative to `root`, of folders
 * whose `.graphql` files hold one operation each, and of modules whose exported strings do.
 *
 * @throws ManifestError
 */
export async function manifestsOfClients(file: string, root: string): Promise<ReadonlyMap<string, Manifest>> {
  const clients = clientsShape.parse(parse(await readFile(file, 'utf8')));
  const made = Object.entries(clients).map(async ([name, paths]) => {
    const bodies = await Promise.all(paths.map((path) => bodiesIn(resolve(root, path))));
    return [name, manifestOf(bodies.flat())] as const;
  });
  return new Map(await Promise.all(made));
}

async function bodiesIn(path: string): Promise<string[]> {
  if (/\.ts$/.test(path)) {
    const exported: Record<string, unknown> = await import(pathToFileURL(path).href);
    return Object.values(exported).filter((value) => typeof value === 'string');
  }
  const files = (await readdir(path)).filter((name) => name.endsWith('.graphql'));
  return Promise.all(files.map((name) => readFile(join(path, name), 'utf8')));
}
