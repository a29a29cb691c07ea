import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkSchema, manifestsOfClients, readManifests } from '@paygraph/supergraph/check';
import { expect, it } from 'vitest';

const root = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

it('supergraph.graphql breaks no operation that clients are known to send: `npm run schema:check` says more', async () => {
  const operations = await readManifests(root('deploy/schema/operations'));
  expect(operations.length).toBeGreaterThan(10);
  const { broken } = await checkSchema({
    released: await readFile(root('deploy/schema/released.graphql'), 'utf8'),
    next: await readFile(root('supergraph.graphql'), 'utf8'),
    operations,
  });
  expect(broken).toEqual([]);
});

it('the manifests of our own clients hold what they send: otherwise run `npm run schema:operations` and commit them', async () => {
  for (const [name, manifest] of await manifestsOfClients(root('deploy/schema/clients.yaml'), root('')))
    expect(JSON.parse(await readFile(root(`deploy/schema/operations/${name}.json`), 'utf8'))).toEqual(manifest);
});
