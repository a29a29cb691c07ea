import { buildSubgraphSchema } from '@apollo/subgraph';
import { anonymous, type Policies, type Principal } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { composeSubgraphs } from '@paygraph/supergraph';
import { execute, type FormattedExecutionResult, parse, validate } from 'graphql';
import { loadGraph } from '../graph/graph.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import type { RequestScope } from '../scope.ts';
import { answerFrom } from '../subgraphs/exchange.ts';
import { subgraphUnavailable } from '../subgraphs/faults.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { type FixtureResolvers, withReferences } from './fixture-subgraph.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key" "@external" "@requires" "@provides" "@shareable" "@override" "@inaccessible" "@interfaceObject"
  "@authenticated" "@requiresScopes" "@policy" "@composeDirective" ])`;

export interface LocalSubgraph {
  readonly sdl: string;
  readonly resolvers: FixtureResolvers;
}

export interface LocalRequest {
  readonly subgraph: string;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export type LocalGraph = ReturnType<typeof localGraph>;

/** The gateway's pipeline over subgraphs in this process: requests are texts, as over HTTP, but nothing is sent. */
export function localGraph(
  sources: Readonly<Record<string, LocalSubgraph>>,
  principal: Principal = anonymous,
  policies: Policies = {},
) {
  const requests: LocalRequest[] = [];
  const down = new Set<string>();
  const graph = loadGraph(supergraphOf(sources));
  const scope: RequestScope = {
    principal,
    authorization: undefined,
    requestId: 'req_1',
    logger: createLogger({ service: 'gateway', level: 'silent' }),
  };
  const subgraphs = new Map(
    Object.entries(sources).map(([name, source]) => [name, localSubgraph(name, source, { requests, down })]),
  );
  const pipeline = createPipeline({ graph, subgraphs, production: false, policies });
  return {
    graph,
    pipeline,
    scope,
    /** What subgraphs have been asked, in order. */
    requests,
    /** Names of subgraphs that cannot be reached. */
    down,
    /** The parts of an answer to who takes it in parts. */
    async askInParts(source: string, variables: Record<string, unknown> = {}, as = principal): Promise<unknown[]> {
      const asking = { ...scope, principal: as };
      const prepared = await pipeline.prepare({ source, variables, deferring: true }, asking);
      if (prepared.kind !== 'operation') throw new Error(`It was ${prepared.kind}`);
      if (prepared.executable.deferred.length === 0)
        return [JSON.parse((await pipeline.execute(prepared, asking)).json)];
      const parts: unknown[] = [];
      await pipeline.executeInParts(prepared, asking, (json) => void parts.push(JSON.parse(json)));
      return parts;
    },
    async ask(
      source: string,
      variables: Record<string, unknown> = {},
      as = principal,
    ): Promise<FormattedExecutionResult<Record<string, unknown>>> {
      const prepared = await pipeline.prepare({ source, variables }, { ...scope, principal: as });
      if (prepared.kind === 'rejected') return { errors: prepared.errors.map((error) => error.toJSON()) };
      if (prepared.kind === 'subscription') throw new Error('Only queries and mutations');
      return JSON.parse((await pipeline.execute(prepared, scope)).json);
    },
  };
}

export function supergraphOf(sources: Readonly<Record<string, LocalSubgraph>>): string {
  return composeSubgraphs(
    Object.entries(sources).map(([name, { sdl }]) => ({
      name,
      routingUrl: `http://${name}:4000/graphql`,
      sdl: `${link}\n${sdl}`,
    })),
  ).supergraphSdl;
}

function localSubgraph(
  name: string,
  { sdl, resolvers }: LocalSubgraph,
  { requests, down }: { readonly requests: LocalRequest[]; readonly down: ReadonlySet<string> },
): Subgraph {
  const schema = buildSubgraphSchema({ typeDefs: parse(`${link}\n${sdl}`), resolvers: withReferences(resolvers) });
  const answerTo = async (body: string): Promise<unknown> => {
    const { query, variables } = JSON.parse(body);
    requests.push({ subgraph: name, query, variables });
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) throw new Error(`${name} refuses ${query}: ${errors.join()}`);
    return JSON.parse(JSON.stringify(await execute({ schema, document, variableValues: variables })));
  };
  return {
    name,
    ask({ body }, scope, answered) {
      const unavailable = { data: null, errors: [subgraphUnavailable(name).toJSON()], unavailable: true } as const;
      if (down.has(name)) return void setImmediate(() => answered(unavailable));
      void answerTo(body).then((answer) => answered(answerFrom(answer, name, scope) ?? unavailable));
    },
    subscribe: () => ({ close: () => undefined }),
    ready: async () => undefined,
    close: async () => undefined,
  };
}
