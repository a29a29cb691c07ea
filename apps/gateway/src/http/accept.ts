/** What an answer is sent as. */
export type MediaType = 'application/json' | 'application/graphql-response+json';

export interface Negotiated {
  readonly type: MediaType;
  /** The client asked for JSON by name: it reads errors from the body, whatever is wrong, and expects 200. */
  readonly isLegacy: boolean;
}

/** Chooses what to answer with by the header `Accept`; undefined when the client takes nothing that there is. */
export type Negotiate = (accept: string | undefined) => Negotiated | undefined;

/** Values of the header that are remembered. There are about as many as there are client libraries. */
const REMEMBERED = 100;

/**
 * Answers are `application/graphql-response+json` or `application/json`, and the latter when the client does not say.
 *
 * Source: GraphQL over HTTP, section "Media Types"; RFC 9110, section 12.5.1.
 */
export function createNegotiation(): Negotiate {
  const known = new Map<string, Negotiated | undefined>();
  return (accept) => {
    if (accept === undefined) return any;
    if (known.has(accept)) return known.get(accept);
    const chosen = choose(accept);
    if (known.size >= REMEMBERED) known.clear();
    known.set(accept, chosen);
    return chosen;
  };
}

const any: Negotiated = { type: 'application/json', isLegacy: false };
const json: Negotiated = { type: 'application/json', isLegacy: true };
const graphql: Negotiated = { type: 'application/graphql-response+json', isLegacy: false };

const offers = new Map<string, Negotiated>([
  ['application/graphql-response+json', graphql],
  ['application/json', json],
  ['application/*', any],
  ['*/*', any],
]);

function choose(accept: string): Negotiated | undefined {
  let best: Negotiated | undefined;
  let bestQuality = 0;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const offer = offers.get(name);
    const quality = qualityOf(parameters);
    if (!offer || quality <= bestQuality || !isUtf8(parameters)) continue;
    best = offer;
    bestQuality = quality;
  }
  return best;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function isUtf8(parameters: readonly string[]): boolean {
  return parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-?8"?$/.test(parameter));
}
