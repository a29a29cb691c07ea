import type { CustomerPrincipal } from '@paygraph/auth';
import { createGateway, type Gateway, type GatewayOptions } from '@paygraph/gateway';
import {
  type Answer,
  type FixtureResolvers,
  type FixtureSubgraph,
  type PostOptions,
  post,
  type RecordedRequest,
  startFixtureSubgraph,
} from '@paygraph/gateway/testing';
import { createLogger } from '@paygraph/service';
import { composeSubgraphs } from '@paygraph/supergraph';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** One subgraph: its types without the `@link` that all have, and who resolves them. */
export interface Part {
  readonly sdl: string;
  readonly resolvers: FixtureResolvers;
}

export interface Federation<Name extends string> {
  readonly url: string;
  readonly gateway: Gateway;
  readonly supergraphSdl: string;
  readonly subgraphs: Readonly<Record<Name, FixtureSubgraph>>;
  /** What the gateway has logged. */
  readonly logs: readonly string[];
  /** What the gateway answers over HTTP. */
  ask(query: string, options?: PostOptions): Promise<Answer['body']>;
  /** What the gateway has asked of a subgraph since the test began. */
  asked(name: Name): readonly RecordedRequest[];
  /** The representations that the gateway has sent to a subgraph since the test began, one list per request. */
  represented(name: Name): readonly unknown[][];
  stop(): Promise<void>;
}

const directives = [
  ...['@key', '@requires', '@provides', '@external', '@shareable', '@override', '@inaccessible', '@interfaceObject'],
  ...['@tag', '@composeDirective', '@authenticated', '@requiresScopes', '@cost', '@listSize'],
];
const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(directives)})`;

/** The SDL of a subgraph as it is composed. */
export const linked = (sdl: string): string => `${link}\n${sdl}`;

/** Composes parts into a supergraph whose subgraphs are nowhere: to see what composition says of them. */
export function composed(parts: Readonly<Record<string, string>>): string {
  const sources = Object.entries(parts).map(([name, sdl]) => ({
    name,
    sdl: linked(sdl),
    routingUrl: 'http://[::1]:9',
  }));
  return composeSubgraphs(sources).supergraphSdl;
}

/** Whoever asks is somebody who is signed in: only such people may subscribe. */
const somebody: CustomerPrincipal = {
  kind: 'customer',
  id: 'cus_1',
  sessionId: 'ses_1',
  roles: ['CUSTOMER'],
  scopes: new Set(),
  expiresAt: new Date('2100-01-01T00:00:00Z'),
};

/** Real subgraphs on real ports, composed, behind a real gateway that takes everybody for `somebody`. */
export async function startFederation<Name extends string>(
  parts: Readonly<Record<Name, Part>>,
  options: Partial<GatewayOptions> = {},
): Promise<Federation<Name>> {
  const started = await Promise.all(
    Object.entries<Part>(parts).map(([name, { sdl, resolvers }]) => startFixtureSubgraph(name, linked(sdl), resolvers)),
  );
  const sources = started.map(({ name, url, sdl }) => ({ name, routingUrl: url, sdl }));
  const { supergraphSdl } = composeSubgraphs(sources);
  const logs: string[] = [];
  const logger = createLogger({ service: 'gateway', level: 'info' }, { write: (line) => void logs.push(line) });
  const gateway = createGateway({ supergraphSdl, authenticate: async () => somebody, logger, ...options });
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const subgraphs = Object.fromEntries(started.map((one) => [one.name, one])) as Record<Name, FixtureSubgraph>;

  return {
    ...{ url, gateway, supergraphSdl, subgraphs, logs },
    ask: async (query, asking) => (await post(url, query, asking)).body,
    asked: (name) => subgraphs[name].requests,
    represented: (name) => subgraphs[name].requests.flatMap(representationsOf),
    async stop() {
      await gateway.stop();
      await Promise.all(started.map((subgraph) => subgraph.crash()));
    },
  };
}

/** The federation of a whole test file, with what was recorded forgotten before each test. */
export function useFederation<Name extends string>(
  parts: Readonly<Record<Name, Part>>,
  options?: Partial<GatewayOptions>,
): Federation<Name> {
  let running: Federation<Name> | undefined;
  const federation = (): Federation<Name> => {
    if (!running) throw new Error('The federation has not been started');
    return running;
  };
  beforeAll(async () => {
    running = await startFederation(parts, options);
  });
  beforeEach(() => {
    for (const subgraph of Object.values<FixtureSubgraph>(federation().subgraphs)) subgraph.requests.length = 0;
  });
  afterAll(() => running?.stop());
  return new Proxy({} as Federation<Name>, { get: (_target, member) => Reflect.get(federation(), member) });
}

function representationsOf({ query, variables }: RecordedRequest): unknown[][] {
  if (!query.includes('_entities')) return [];
  return Object.values(variables).filter(isListOfRepresentations);
}

function isListOfRepresentations(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && '__typename' in one);
}
