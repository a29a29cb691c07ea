type Json = Record<string, unknown>;

interface Part extends Json {
  readonly data?: Json;
  readonly incremental?: readonly { readonly path: readonly (string | number)[]; readonly data: Json }[];
  readonly hasNext: boolean;
}

/** The answer that the parts of a body make together; the body as it is if it has no parts. */
export function assembled(body: string): Json {
  if (!body.startsWith('\r\n---')) return JSON.parse(body);
  const parts = body
    .split(/\r\n---(?:--)?(?:\r\n|$)/)
    .filter((part) => part.includes('{'))
    .map((part) => JSON.parse(part.slice(part.indexOf('{'))) as Part);
  const [first, ...later] = parts;
  const { hasNext: _more, ...answer } = first ?? { hasNext: false };
  for (const { incremental = [] } of later)
    for (const { path, data } of incremental) merge(at(answer.data as Json, path), data);
  if (parts.at(-1)?.hasNext !== false) throw new Error('The last part does not say that it is the last');
  return answer;
}

function at(data: Json, path: readonly (string | number)[]): Json {
  return path.reduce((object, step) => object[step] as Json, data);
}

/** Fragments may overlap: what two parts both have is the same, or objects that go together. */
function merge(into: Json, from: Json): void {
  for (const [key, value] of Object.entries(from)) {
    const known = into[key];
    if (isObject(known) && isObject(value)) merge(known, value);
    else into[key] = value;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
