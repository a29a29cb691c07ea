import { meets, type Policies, type Principal, type Requirement } from '@paygraph/auth';
import { createLru } from '@paygraph/service';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  type OperationDefinitionNode,
  separateOperations,
} from 'graphql';
import type { Authorized } from '../authorization/authorize.ts';
import { type Caching, createCaching } from '../caching/caching.ts';
import { codedError, Rejection } from '../errors.ts';
import { conditionVariables, decided } from '../execution/conditions.ts';
import { hasDefer } from '../execution/defer.ts';
import type { Executable } from '../execution/executable.ts';
import type { Compiler } from '../execution/operation.ts';
import type { Graph, Variables } from '../graph/graph.ts';
import { createEstimator } from '../protection/cost.ts';
import type { Limits } from '../protection/limits.ts';
import type { Estimate } from '../protection/terms.ts';
import { planSubscription, type SubscriptionPlan } from '../subscriptions/plan.ts';
import { createDocuments } from './documents.ts';

/** An operation of a valid document, and what is known of it whoever asks. */
export interface KnownOperation {
  readonly operation: OperationDefinitionNode;
  /** Whether clients are known to send its text: then it and its variants are pushed out by no others. */
  readonly isRegistered: boolean;
  /** Stands for it as long as it is remembered. */
  readonly id: number;
  /** The operation with the fragments it uses, and nothing else. */
  readonly document: DocumentNode;
  readonly hasDefer: boolean;
  /** Variables that decide what it selects. Without any, there is one variant of the operation. */
  readonly conditions: readonly string[];
  /** What the graph asks of whoever is to see all of it. */
  readonly requirements: readonly Requirement[];
  /** Its variants by outcome, when nothing but its caller decides what it selects. */
  readonly variants: Map<Outcome, Variant>;
}

/** Which of an operation's requirements a caller meets, a `1` or a `0` for each: who get the same may see the same of it. */
type Outcome = string;

/** What decides which variant of an operation somebody gets. */
export interface Wanted {
  readonly source: string;
  readonly operationName: string | null;
  readonly principal: Principal;
  /** Those of its conditions among them. */
  readonly variables: Variables;
  /** Whether the answer may come in parts. */
  readonly deferring: boolean;
}

export type Planned =
  | { readonly kind: 'operation'; readonly executable: Executable; readonly caching: Caching | undefined }
  | { readonly kind: 'subscription'; readonly plan: SubscriptionPlan };

/** An operation whose conditions are decided and of which is left what its caller may see, with everything made of it that does not depend on other variables. */
export class Variant {
  /** How often it has been asked for. */
  uses = 0;
  readonly estimate: Estimate;
  /** Who was the first to want it: whoever wants the same gets the same. */
  readonly wanted: Wanted;
  readonly #make: () => Planned;
  #planned: Planned | undefined;

  constructor(estimate: Estimate, wanted: Wanted, make: () => Planned) {
    this.estimate = estimate;
    this.wanted = wanted;
    this.#make = make;
  }

  get isPlanned(): boolean {
    return this.#planned !== undefined;
  }

  /** Plans and compiles when it is first called. @throws Rejection */
  plan(): Planned {
    this.#planned ??= this.#make();
    return this.#planned;
  }
}

/** What has been found out about operations, as long as it is remembered. */
export interface KnownOperations {
  /** Whether a text has been found valid and is remembered. */
  has(source: string): boolean;
  /** @throws Rejection when the text is no valid document, is too large or has no such operation */
  operation(source: string, name: string | null, isAnonymous: boolean): KnownOperation;
  /** @throws Rejection when it is too complex */
  variant(known: KnownOperation, wanted: Wanted): Variant;
  /** All variants that are remembered. */
  variants(): readonly Variant[];
}

export interface KnownOperationsOptions {
  readonly graph: Graph;
  readonly compiler: Compiler;
  /** Hides the schema from anonymous callers: no introspection, no suggestions in validation errors. */
  readonly production: boolean;
  /** What the names in `@policy` stand for. */
  readonly policies: Policies;
  readonly limits: Limits;
  /** Texts that clients are known to send. */
  readonly registered: ReadonlySet<string>;
  /** Stands for the supergraph and where its subgraphs are: with another, nothing that was answered holds. */
  readonly generation: string;
}

/** Characters of the operations that are remembered, in all (some 150 MB of memory when none is simple) and of one. */
const REMEMBERED = { limit: 1_000_000, largest: 10_000 };
/** Callers of one operation who may see different parts of it, and whose plans are remembered with it. */
const MAX_OUTCOMES = 16;

/** Parses, measures, validates, authorizes, estimates and plans operations, once each as long as they are remembered. */
export function createKnownOperations(options: KnownOperationsOptions): KnownOperations {
  const { graph, compiler, production, policies, limits, registered, generation } = options;
  const documents = createDocuments<KnownOperation>({
    ...{ graph, limits, production, registered, remembered: REMEMBERED },
  });
  const conditional = () =>
    createLru<Variant>({ ...REMEMBERED, sizeOf: (_key, { wanted: { source } }) => source.length });
  const ofRegistered = conditional();
  const ofOthers = conditional();
  let learned = 0;
  const cachingOf = createCaching(graph, generation);
  const estimator = createEstimator({ schema: graph.schema, weights: graph.weights, limits });

  const authorized = (document: DocumentNode, { requirements }: KnownOperation, outcome: Outcome): Authorized => {
    const unmet = new Set(requirements.filter((_, index) => outcome[index] !== '1'));
    return unmet.size > 0 ? graph.authorization.remove(document, unmet) : { document, refusals: [], isEmpty: false };
  };
  const variantFor = (known: KnownOperation, wanted: Wanted, outcome: Outcome): Variant => {
    const { variables, deferring } = wanted;
    const { document, refusals, isEmpty } = authorized(decided(known.document, variables, false), known, outcome);
    return new Variant(estimator(document), remembering(known, wanted), () => {
      if (known.operation.operation === 'subscription') {
        if (isEmpty) throw new Rejection(refusals.map(asError));
        return { kind: 'subscription', plan: planSubscription(graph, compiler, document, refusals) };
      }
      const inParts = deferring ? authorized(decided(known.document, variables, true), known, outcome) : undefined;
      const executable =
        (inParts && compiler.compileDeferring(inParts.document, refusals)) ?? compiler.compile(document, refusals);
      return { kind: 'operation', executable, caching: cachingOf(document, wanted.source) };
    });
  };
  const learn = (source: string, document: DocumentNode, operation: OperationDefinitionNode): KnownOperation => {
    learned += 1;
    const isRegistered = registered.has(source);
    return { operation, isRegistered, id: learned, variants: new Map(), ...separated(document, operation, graph) };
  };
  return {
    has: documents.has,
    operation(source, name, isAnonymous) {
      const { document, operations } = documents.of(source, isAnonymous);
      const known = operations.get(name);
      if (known) return known;
      const operation = getOperationAST(document, name);
      if (!operation) throw new Rejection([unresolved(name)]);
      // Of a document with one operation it is the same, with its name and without.
      const own = operation.name?.value ?? null;
      const learnt = operations.get(own) ?? learn(source, document, operation);
      operations.set(name, learnt).set(own, learnt);
      return learnt;
    },
    variant(known, wanted) {
      const { variables, deferring, principal } = wanted;
      const outcome = outcomeOf(known.requirements, principal, policies);
      if (known.conditions.length === 0 && !deferring) {
        const variant = known.variants.get(outcome) ?? variantFor(known, wanted, outcome);
        if (known.variants.size >= MAX_OUTCOMES && !known.variants.has(outcome)) known.variants.clear();
        known.variants.set(outcome, variant);
        return variant;
      }
      const values = known.conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
      const key = `${known.id} ${values} ${outcome} ${deferring}`;
      const variants = known.isRegistered ? ofRegistered : ofOthers;
      const variant = variants.get(key) ?? variantFor(known, wanted, outcome);
      variants.set(key, variant);
      return variant;
    },
    variants() {
      const operations = [...documents.known()].flatMap((document) => [...new Set(document.operations.values())]);
      return [
        ...operations.flatMap(({ variants }) => [...variants.values()]),
        ...ofRegistered.values(),
        ...ofOthers.values(),
      ];
    },
  };
}

function separated(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { authorization }: Graph,
): Pick<KnownOperation, 'document' | 'conditions' | 'hasDefer' | 'requirements'> {
  const separate = separateOperations(document)[operation.name?.value ?? ''];
  if (!separate) throw new Error('An operation is not in its document');
  return {
    document: separate,
    conditions: conditionVariables(separate),
    hasDefer: hasDefer(separate),
    requirements: authorization.requirementsIn(separate),
  };
}

/** Of the variables only the conditions: the others are somebody's data. */
function remembering({ conditions }: KnownOperation, { variables, ...wanted }: Wanted): Wanted {
  return { ...wanted, variables: Object.fromEntries(conditions.map((name) => [name, variables[name] === true])) };
}

function outcomeOf(requirements: readonly Requirement[], principal: Principal, policies: Policies): Outcome {
  let outcome = '';
  for (const requirement of requirements) outcome += meets(principal, requirement, policies) ? '1' : '0';
  return outcome;
}

function asError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path, extensions });
}

function unresolved(name: string | null): GraphQLError {
  const message =
    name === null ? 'operationName must name one operation of the document.' : `Unknown operation named "${name}".`;
  return codedError('OPERATION_RESOLUTION_FAILURE', message);
}
