import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { codedError, presentError } from '../errors.ts';
import { answerOf } from '../execution/answer.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import { tell } from '../protection/headers.ts';
import type { Usage } from '../protection/rate-limits.ts';
import type { RequestScope } from '../scope.ts';
import { createNegotiation, type MediaType, type Negotiated } from './accept.ts';
import { acceptsParts, openParts } from './multipart.ts';
import { failure, malformed, operationFrom, requestFrom } from './request.ts';

export interface AnswersOptions {
  /** That of the supergraph of the moment. */
  readonly pipeline: () => Pipeline;
  /** @throws GraphQLError with the status to answer in `extensions.http` */
  readonly scopeOf: (request: FastifyRequest) => Promise<RequestScope>;
  /** Operations that one request may have. */
  readonly maxBatch: number;
}

/** Answers a request for one answer, or for a list of them. */
export type AnswerRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** How one operation has been answered. */
interface Answered {
  readonly status: number;
  readonly json: string;
  readonly usage?: Usage | undefined;
  readonly maxAge?: number;
}

/**
 * GraphQL over HTTP: queries and mutations by POST, queries by GET, one answer each; several in a list by POST, as clients
 * that batch send them. It negotiates the content type; the operations are the pipeline's.
 *
 * Source: https://graphql.github.io/graphql-over-http/draft/
 */
export function createAnswers({ pipeline, scopeOf, maxBatch }: AnswersOptions): AnswerRequest {
  const negotiate = createNegotiation();
  return async (request, reply) => {
    const inParts = acceptsParts(request.headers.accept);
    const accepted = negotiate(request.headers.accept) ?? (inParts ? negotiate(undefined) : undefined);
    if (!accepted) return refuse(reply, 'application/json', notAcceptable());
    const { type } = accepted;
    const given = requestFrom(request);
    if (given instanceof GraphQLError) return refuse(reply, type, given);
    const scope = await scopeFor(request, scopeOf);
    if (scope instanceof GraphQLError) return refuse(reply, type, scope);

    const current = pipeline();
    const answer = async (operation: OperationRequest, parts: boolean): Promise<Answered | undefined> => {
      try {
        const prepared = await current.prepare({ ...operation, deferring: parts }, scope);
        const { usage } = prepared;
        if (prepared.kind === 'rejected')
          return {
            status: statusOfRejection(prepared.errors, accepted),
            ...answerOf({ errors: prepared.errors }),
            usage,
          };
        if (prepared.kind === 'subscription') return { ...refusal(subscriptionForOneAnswer()), usage };
        if (prepared.type === 'mutation' && request.method === 'GET') {
          reply.header('allow', 'POST');
          return { ...refusal(mutationByGet()), usage };
        }
        if (prepared.executable.deferred.length === 0)
          return { status: 200, ...(await current.execute(prepared, scope)), usage };
        tell(reply, usage);
        await current.executeInParts(prepared, scope, openParts(reply));
        return undefined;
      } catch (error) {
        return { status: 500, ...answerOf({ errors: [presentError(error, scope)] }) };
      }
    };

    if (!isList(given)) {
      const answered = await answer(given, inParts);
      if (!answered) return reply;
      const { status, json, usage, maxAge } = answered;
      if (maxAge) vary(reply);
      // What may be kept on the way is given to others, who have limits of their own.
      if (!maxAge || request.method !== 'GET') tell(reply, usage);
      return send(reply, status, type, json, maxAge);
    }
    if (given.length === 0 || given.length > maxBatch) return refuse(reply, type, batchOf(given.length, maxBatch));
    const answers = await Promise.all(
      given.map(async (each) => {
        const operation = operationFrom(each);
        return operation instanceof GraphQLError ? refusal(operation) : ((await answer(operation, false)) as Answered);
      }),
    );
    tell(reply, answers.findLast(({ usage }) => usage)?.usage);
    return send(reply, 200, type, `[${answers.map(({ json }) => json).join()}]`);
  };
}

function isList(given: OperationRequest | readonly unknown[]): given is readonly unknown[] {
  return Array.isArray(given);
}

async function scopeFor(
  request: FastifyRequest,
  scopeOf: AnswersOptions['scopeOf'],
): Promise<RequestScope | GraphQLError> {
  try {
    return await scopeOf(request);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

/** Of what is refused with the same status whatever the client takes. */
const statuses: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  PERSISTED_QUERY_NOT_FOUND: 200,
  RATE_LIMITED: 429,
};

/** Who takes plain JSON has always been answered with 200: a proxy may have answered with any other status. */
function statusOfRejection([error]: readonly GraphQLError[], { isLegacy }: Negotiated): number {
  return statuses[String(error?.extensions.code)] ?? (isLegacy ? 200 : 400);
}

function batchOf(length: number, maximum: number): GraphQLError {
  return codedError('BATCH_TOO_LARGE', `A list of requests has 1 to ${maximum} of them, not ${length}.`, {
    ...{ limit: 'batch', maximum },
    http: { status: 400 },
  });
}

function notAcceptable(): GraphQLError {
  return failure(406, 'BAD_REQUEST', 'Answers are application/graphql-response+json or application/json in UTF-8.');
}

function mutationByGet(): GraphQLError {
  return failure(405, 'BAD_REQUEST', 'Mutations go by POST.');
}

function subscriptionForOneAnswer(): GraphQLError {
  return malformed(
    'Subscriptions go to this URL over WebSocket (graphql-transport-ws), as Server-Sent Events (accept: text/event-stream) or as multipart (accept: multipart/mixed; subscriptionSpec=1.0).',
  );
}

/** An answer before anything has run. */
function refuse(reply: FastifyReply, type: MediaType, error: GraphQLError): FastifyReply {
  const { http } = error.extensions as { http?: { headers?: ReadonlyMap<string, string> } };
  for (const [name, value] of http?.headers ?? []) reply.header(name, value);
  const { status, json } = refusal(error);
  return send(reply, status, type, json);
}

function refusal({ message, extensions }: GraphQLError): Answered {
  const { http, ...shown } = extensions as { http?: { status: number } };
  return { status: http?.status ?? 400, ...answerOf({ errors: [{ message, extensions: shown }] }) };
}

const contentTypes: Record<MediaType, string> = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
};

/** Whoever keeps the answer on the way may give it to those who take the same media type. */
function vary(reply: FastifyReply): void {
  const given = reply.getHeader('vary');
  reply.header('vary', given === undefined ? 'accept' : `${given}, accept`);
}

/** From this many characters on an answer is made into bytes once, and not once more for its length. */
const LARGE = 16_384;

function send(reply: FastifyReply, status: number, type: MediaType, json: string, maxAge?: number): FastifyReply {
  const payload = json.length < LARGE ? json : Buffer.from(json);
  return reply
    .code(status)
    .header('content-type', contentTypes[type])
    .header('cache-control', maxAge ? `max-age=${maxAge}, public` : 'no-store')
    .send(payload);
}
