import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** A span as a collector hears of it. */
export interface ReportedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of spans that it points to. */
  readonly links: readonly string[];
}

/** Takes OTLP over HTTP as an OpenTelemetry collector does, and keeps what it hears. */
export interface Collector {
  readonly endpoint: string;
  readonly spans: readonly ReportedSpan[];
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: ReportedSpan[] = [];
  const server = createServer(async (request, response) => {
    spans.push(...spansIn(exportRequest.parse(JSON.parse(await text(request)))));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The collector listens on no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    spans,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const attributes = z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })).default([]);

/** Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp, as JSON */
const exportRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              ...{ name: z.string(), traceId: z.string(), spanId: z.string(), parentSpanId: z.string().optional() },
              ...{ attributes, links: z.array(z.object({ spanId: z.string() })).default([]) },
              status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
            }),
          ),
        }),
      ),
    }),
  ),
});

const statusOfError = 2;

function spansIn({ resourceSpans }: z.output<typeof exportRequest>): ReportedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans
      .flatMap((scope) => scope.spans)
      .map(({ status, parentSpanId, links, ...span }) => ({
        ...{ name: span.name, traceId: span.traceId, spanId: span.spanId, service },
        parentSpanId: parentSpanId || undefined,
        failed: status.code === statusOfError,
        attributes: valuesOf(span.attributes),
        links: links.map(({ spanId }) => spanId),
      }));
  });
}

function valuesOf(given: z.output<typeof attributes>): Record<string, unknown> {
  return Object.fromEntries(given.map(({ key, value }) => [key, Object.values(value)[0]]));
}
