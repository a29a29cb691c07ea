import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type DocumentNode, GraphQLError, Kind, type OperationTypeNode, parse } from 'graphql';
import { z } from 'zod';

/** An operation that a client which is out there sends. */
export interface RegisteredOperation {
  /** Whose it is: the name of its manifest. */
  readonly client: string;
  readonly name: string;
  /** What a client may send in place of its text. */
  readonly id: string;
  /** The text of the operation, as the client sends it. */
  readonly body: string;
  readonly document: DocumentNode;
}

/** A persisted-query manifest in Apollo's format, as Apollo's own tools write it for web, iOS and Kotlin. */
export interface Manifest {
  readonly format: 'apollo-persisted-query-manifest';
  readonly version: 1;
  readonly operations: readonly {
    /** SHA-256 of the body in hexadecimal digits. */
    readonly id: string;
    readonly name: string;
    readonly type: `${OperationTypeNode}`;
    /** The text of the operation, as the client sends it. */
    readonly body: string;
  }[];
}

/** A manifest, or an operation in one, that cannot be used. Names the file, and the operation. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

const manifestShape = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      type: z.enum(['query', 'mutation', 'subscription']),
      body: z.string(),
    }),
  ),
});

/** Reads the manifest in each `.json` of a folder. @throws ManifestError */
export async function readManifests(folder: string): Promise<RegisteredOperation[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const read = files.map(async (file) => {
    const { operations } = parseManifest(await readFile(join(folder, file), 'utf8'), file);
    return operations.map(({ id, name, body }) => ({
      client: basename(file, '.json'),
      ...{ id, name, body },
      document: parsed(body, `${file}: ${name}`),
    }));
  });
  return (await Promise.all(read)).flat();
}

function parseManifest(text: string, file: string): Manifest {
  const json = jsonFrom(text, file);
  const result = manifestShape.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`);
  throw new ManifestError(`${file}: not a persisted-query manifest of Apollo's: ${problems.join('; ')}`);
}

function jsonFrom(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ManifestError(`${file}: not JSON`);
  }
}

/** Makes the manifest of documents with one named operation each, in the order of their names. @throws ManifestError */
export function manifestOf(bodies: readonly string[]): Manifest {
  const operations = bodies.map((body) => {
    const document = parsed(body, body.slice(0, 60));
    const [operation, ...more] = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    if (operation?.kind !== Kind.OPERATION_DEFINITION || !operation.name || more.length > 0)
      throw new ManifestError(`not one operation with a name: ${body.slice(0, 60)}`);
    const id = createHash('sha256').update(body).digest('hex');
    return { id, name: operation.name.value, type: operation.operation, body };
  });
  operations.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { format: 'apollo-persisted-query-manifest', version: 1, operations };
}

function parsed(body: string, what: string): DocumentNode {
  try {
    return parse(body);
  } catch (error) {
    if (error instanceof GraphQLError) throw new ManifestError(`${what}: ${error.message}`);
    throw error;
  }
}
