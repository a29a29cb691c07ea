import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DocumentNode, GraphQLError, Kind, OperationTypeNode } from 'graphql';
import { type Answer, answerOf } from '../execution/answer.ts';
import { failure, malformed, requestFrom } from '../http/request.ts';
import type { BeginOperation, Begun } from '../operations.ts';
import type { OperationRequest } from '../pipeline/prepare.ts';
import { tell } from '../protection/headers.ts';
import { expiryOf, type RequestScope } from '../scope.ts';
import type { Subscription } from '../subscriptions/subscribe.ts';
import { multipartSubscription, type StreamFormat, streamFormatOf } from './format.ts';

export interface StreamsOptions {
  readonly begin: BeginOperation;
  /** @throws GraphQLError with the status to answer in `extensions.http` */
  readonly scopeOf: (request: FastifyRequest) => Promise<RequestScope>;
  /** Time in ms between signs of life; 12 s if left out, for proxies that cut off after 15. */
  readonly heartbeatMs?: number;
}

export interface Streams {
  /** Answers a request that asks for a stream. False when it does not: then nothing has been done. */
  serve(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  /** Ends all streams with a last answer that says where to go on, and opens no more. */
  drain(): Promise<void>;
}

interface OpenStream {
  readonly format: StreamFormat;
  readonly answers: Subscription;
  readonly done: Promise<void>;
}

/** setTimeout's longest delay in ms; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;
/** Time in ms that slow clients have to take their last answer. */
const GRACE = 2_000;

/**
 * Operations over HTTP whose answers are a stream: Server-Sent Events for operations of every kind, and multipart for
 * subscriptions; what else a client of multipart asks is answered as if it had not mentioned that.
 */
export function createStreams({ begin, scopeOf, heartbeatMs = 12_000 }: StreamsOptions): Streams {
  const streams = new Map<ServerResponse, OpenStream>();
  let draining = false;
  const heartbeat = setInterval(() => {
    for (const [response, { format }] of streams) if (!response.writableNeedDrain) response.write(format.heartbeat);
  }, heartbeatMs).unref();

  const stream = async (response: ServerResponse, format: StreamFormat, answers: Subscription, scope: RequestScope) => {
    response.once('close', () => void answers.return());
    const expiry = endOnExpiry(answers, scope);
    const done = pump(response, format, answers).catch((error: unknown) => {
      scope.logger.error({ err: error }, 'a stream broke off');
      response.destroy();
    });
    streams.set(response, { format, answers, done });
    await done;
    clearTimeout(expiry);
    streams.delete(response);
  };
  const answer = async (begun: Begun, format: StreamFormat, scope: RequestScope, reply: FastifyReply) => {
    if (reply.raw.destroyed) return leave(begun, reply);
    const response = openResponse(reply, format);
    if (begun.kind === 'subscription') return stream(response, format, begun.answers, scope);
    const { json } = begun.kind === 'operation' ? await begun.run() : answerOf({ errors: begun.errors });
    response.end(format.answer(json) + format.closing);
  };

  return {
    async serve(request, reply) {
      const format = streamFormatOf(request.headers.accept);
      if (!format) return false;
      const given = await givenBy(request, scopeOf);
      if (given instanceof GraphQLError) return refuse(reply, given);
      if (draining) return refuse(reply, failure(503, 'SERVICE_UNAVAILABLE', 'The gateway is going down.'));
      const begun = await begin(given.operation, given.scope, format.transport);
      tell(reply, begun.usage);
      if (begun.kind === 'operation') {
        if (request.method === 'GET' && isMutation(begun.document)) return refuse(reply, mutationByGet());
        if (format === multipartSubscription) return plain(reply, await begun.run());
      }
      await answer(begun, format, given.scope, reply);
      return true;
    },
    async drain() {
      draining = true;
      clearInterval(heartbeat);
      for (const { answers } of streams.values()) answers.interrupt('draining');
      const late = setTimeout(() => {
        for (const response of streams.keys()) response.destroy();
      }, GRACE);
      await Promise.all([...streams.values()].map(({ done }) => done));
      clearTimeout(late);
    },
  };
}

/** Who asks what; or why not, with the status to answer. */
async function givenBy(
  request: FastifyRequest,
  scopeOf: StreamsOptions['scopeOf'],
): Promise<{ readonly scope: RequestScope; readonly operation: OperationRequest } | GraphQLError> {
  try {
    const operation = requestFrom(request);
    if (operation instanceof GraphQLError) return operation;
    if (Array.isArray(operation)) return malformed('A stream answers one request, not a list of them.');
    return { scope: await scopeOf(request), operation: operation as OperationRequest };
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

/** Its client left before there was an answer: nothing tells of that any more. */
async function leave(begun: Begun, reply: FastifyReply): Promise<void> {
  reply.hijack();
  if (begun.kind === 'operation') await begun.run();
  if (begun.kind === 'subscription') await begun.answers.return();
}

function openResponse(reply: FastifyReply, { contentType, opening }: StreamFormat): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  // Hooks have set some: the request's id, who may read the answer in a browser.
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.write(opening);
  return response;
}

/** Writes one answer after the other, at the pace of the client. */
async function pump(response: ServerResponse, format: StreamFormat, answers: Subscription): Promise<void> {
  for await (const { json } of answers) {
    if (response.destroyed) return;
    if (!response.write(format.answer(json))) await drained(response);
  }
  if (!response.destroyed) response.end(format.closing);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.once('drain', go).once('close', go);
  });
}

function endOnExpiry(answers: Subscription, { principal }: RequestScope): NodeJS.Timeout | undefined {
  const left = expiryOf(principal) - Date.now();
  return left < MAX_DELAY ? setTimeout(() => answers.interrupt('expired'), Math.max(left, 0)) : undefined;
}

function isMutation({ definitions }: DocumentNode): boolean {
  return definitions.some(
    (each) => each.kind === Kind.OPERATION_DEFINITION && each.operation === OperationTypeNode.MUTATION,
  );
}

function mutationByGet(): GraphQLError {
  return failure(405, 'BAD_REQUEST', 'Mutations go by POST.', { allow: 'POST' });
}

/** What is no stream, to somebody who would have taken one. */
function plain(reply: FastifyReply, { json }: Answer): true {
  reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-store').send(json);
  return true;
}

/** A refusal before there is a stream, as every HTTP client understands it. */
function refuse(reply: FastifyReply, { message, extensions }: GraphQLError): true {
  const { http, ...shown } = extensions as { http?: { status: number; headers?: Map<string, string> } };
  for (const [name, value] of http?.headers ?? []) reply.header(name, value);
  reply.code(http?.status ?? 500).send({ errors: [{ message, extensions: shown }] });
  return true;
}
