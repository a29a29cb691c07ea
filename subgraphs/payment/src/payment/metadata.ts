const mostKeys = 50;
const mostBytes = 4 * 1024;

/** NUL, and halves of surrogate pairs, as JSON writes them: PostgreSQL's jsonb cannot hold them. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether a client's metadata can be kept: at most 50 keys, 4 KB as JSON. */
export function isMetadata(metadata: Readonly<Record<string, unknown>>): boolean {
  if (Object.keys(metadata).length > mostKeys) return false;
  const json = asJson(metadata);
  return json !== undefined && Buffer.byteLength(json) <= mostBytes && !unstorable.test(json);
}

function asJson(metadata: object): string | undefined {
  try {
    return JSON.stringify(metadata);
  } catch {
    return undefined; // nested deeper than the stack
  }
}
