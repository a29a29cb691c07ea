import { writeFile } from 'node:fs/promises';
import { composeSupergraph } from './compose.ts';

/** `npm run compose`: writes `supergraph.graphql` from `supergraph.yaml`, both in the working directory. */
const main = async (): Promise<void> => {
  const { supergraphSdl, hints } = await composeSupergraph('supergraph.yaml');
  for (const hint of hints) console.warn(hint);
  await writeFile('supergraph.graphql', supergraphSdl);
  console.log('supergraph.graphql written');
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
