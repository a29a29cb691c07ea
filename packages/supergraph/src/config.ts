import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

const subgraphEntry = z.strictObject({
  routing_url: z.url({ protocol: /^https?$/ }),
  schema: z.strictObject({ file: z.string().min(1) }),
});

const supergraphConfig = z.strictObject({
  federation_version: z.string().regex(/^=2\.\d+\.\d+$/, 'must pin one release, such as =2.14.4'),
  subgraphs: z.record(z.string(), subgraphEntry).refine((all) => Object.keys(all).length > 0, 'must name a subgraph'),
});

/** One subgraph to compose: its name in the graph, the URL a gateway calls, and its SDL. */
export type SubgraphSource = { readonly name: string; readonly routingUrl: string; readonly sdl: string };

export type SupergraphConfig = { readonly federationVersion: string; readonly subgraphs: readonly SubgraphSource[] };

/** `supergraph.yaml` or a file it names cannot be used; the message names the file and the key. */
export class SupergraphConfigError extends Error {
  override readonly name = 'SupergraphConfigError';
}

/**
 * Reads a configuration in the format of `rover supergraph compose`: `federation_version` and, per subgraph,
 * `routing_url` and `schema.file`, a path relative to the configuration. Only local files are read.
 *
 * @throws {SupergraphConfigError} naming the file and the key at fault
 */
export const readSupergraphConfig = async (configFile: string): Promise<SupergraphConfig> => {
  const parsed = supergraphConfig.safeParse(parseSource(configFile, await readText(configFile)));
  if (!parsed.success) throw new SupergraphConfigError(`${configFile}: ${describe(parsed.error)}`);

  const subgraphs = Object.entries(parsed.data.subgraphs).map(async ([name, { routing_url, schema }]) => ({
    name,
    routingUrl: routing_url,
    sdl: await readText(resolve(dirname(configFile), schema.file)),
  }));
  return {
    federationVersion: parsed.data.federation_version.slice(1),
    subgraphs: await Promise.all(subgraphs),
  };
};

const parseSource = (file: string, source: string): unknown => {
  try {
    return parseYaml(source);
  } catch (error) {
    throw new SupergraphConfigError(`${file}: ${error instanceof Error ? error.message : 'not YAML'}`, {
      cause: error,
    });
  }
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SupergraphConfigError(`cannot read ${file}`, { cause: error });
  }
};

const describe = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`).join('; ');
