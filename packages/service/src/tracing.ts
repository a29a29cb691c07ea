import type { Span, Tracing } from '@paygraph/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export type { Tracing } from '@paygraph/tracing';

/** Part of what `serverEnvironment` reads. */
interface TracingEnvironment {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_TRACES_SAMPLER_ARG?: number | undefined;
}

/**
 * A service's tracing, if the environment asks for it. What it is made of is only loaded then.
 *
 * @param edge whether strangers call the service, who may name a trace but not have it kept
 */
export async function tracingFrom(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: ratio = 1 }: TracingEnvironment,
  { service, edge = false }: { readonly service: string; readonly edge?: boolean },
): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { createTracing } = await import('@paygraph/tracing/otlp');
  return createTracing({ service, endpoint, ratio, edge });
}

const spans = new WeakMap<FastifyRequest, Span>();

/** The span of a request, from its first byte to the last of its answer, if it is traced. */
export function spanOf(request: FastifyRequest): Span | undefined {
  return spans.get(request);
}

/** Begins a span for every request below the one its `traceparent` names, but for probes. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, routeOptions, headers, id } = request;
    const route = routeOptions.url;
    if (route === undefined || route.startsWith('/health/')) return done();
    const { traceparent } = headers;
    const span = tracing.begin(`${method} ${route}`, {
      kind: 'server',
      parent: typeof traceparent === 'string' ? traceparent : undefined,
      attributes: { 'http.request.method': method, 'http.route': route, 'paygraph.request_id': id },
    });
    spans.set(request, span);
    done();
  });
  app.addHook('onResponse', (request, { statusCode }, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': statusCode });
    if (statusCode >= 500) span?.fail(new Error(`${statusCode}`));
    span?.end();
    done();
  });
}
