/**
 * Writes the Prisma client of every `schema.prisma` to where it says, `src/generated/prisma` of its package.
 *
 * The generator itself is WebAssembly, but its command line insists on a schema engine, which it would download. It is
 * content with any program that exists, and generating never runs it.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const prisma = path.join(path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build/index.js');

const folders = [
  ...readdirSync(path.join(root, 'prisma')).map((name) => `prisma/${name}`),
  'packages/database/src/fixtures',
];
const waiting = folders.filter((folder) => existsSync(path.join(root, folder, 'schema.prisma')));

async function generateNext(): Promise<void> {
  const folder = waiting.shift();
  if (folder === undefined) return;
  await run(process.execPath, [prisma, 'generate'], {
    cwd: path.join(root, folder),
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  });
  await generateNext();
}

// Loading the command line is most of the second that each takes: two at a time.
await Promise.all([generateNext(), generateNext()]);
