import { readFile, writeFile } from 'node:fs/promises';
import { checkSchema, type SchemaCheck } from './check.ts';
import { manifestsOfClients } from './clients.ts';
import { readManifests } from './manifest.ts';

const [released, next] = ['deploy/schema/released.graphql', 'supergraph.graphql'];
const [clients, manifests] = ['deploy/schema/clients.yaml', 'deploy/schema/operations'];

const check = async (): Promise<SchemaCheck> => {
  const result = await checkSchema({
    released: await readFile(released, 'utf8'),
    next: await readFile(next, 'utf8'),
    operations: await readManifests(manifests),
  });
  for (const warning of result.warnings) console.warn(`warning: ${warning}`);
  for (const line of result.broken) console.error(`broken: ${line}`);
  if (result.broken.length > 0) {
    process.exitCode = 1;
    console.error(`${next} breaks registered operations (${manifests}): keep what they use, or retire them first.`);
  }
  return result;
};

/** What `npm run schema:<command>` does, in the repository's folder. */
const commands: Readonly<Record<string, () => Promise<void>>> = {
  async check() {
    const { broken } = await check();
    if (broken.length === 0) console.log(`${next} breaks no registered operation.`);
  },
  async release() {
    const { broken } = await check();
    if (broken.length > 0) return;
    await writeFile(released, await readFile(next, 'utf8'));
    console.log(`${released} written`);
  },
  async operations() {
    for (const [name, manifest] of await manifestsOfClients(clients, '.')) {
      await writeFile(`${manifests}/${name}.json`, `${JSON.stringify(manifest, null, 2)}\n`);
      console.log(`${manifests}/${name}.json written`);
    }
  },
};

const command = commands[process.argv[2] ?? ''];
if (!command) throw new Error(`Say which: ${Object.keys(commands).join(', ')}`);
command().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
