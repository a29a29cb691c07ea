import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Attributes, Span, SpanOptions, Tracing } from './span.ts';

export interface TracingOptions {
  readonly service: string;
  /** Where an OpenTelemetry collector takes OTLP over HTTP, such as `http://localhost:4318`. */
  readonly endpoint: string;
  /** Which part of all traces is kept, 0 to 1. Services keep what the one before them kept. */
  readonly ratio: number;
  /** Whether callers are strangers, who may name a trace but neither have it kept nor have it not kept. */
  readonly edge?: boolean;
}

/** Longest time in ms that a span waits to be sent with others. */
const sendEveryMs = 1_000;

/** Spans go out in batches beside the work; a collector that is away costs them and nothing else. */
export function createTracing({ service, endpoint, ratio, edge = false }: TracingOptions): Tracing {
  const sampler = atRandom(ratio);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'paygraph' }),
    sampler: new ParentBasedSampler({
      root: sampler,
      ...(edge && { remoteParentSampled: sampler, remoteParentNotSampled: sampler }),
    }),
    spanLimits: { attributeValueLengthLimit: 1_000 },
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: sendEveryMs })],
  });
  const tracer = provider.getTracer('paygraph');
  return {
    begin: (name, { parent, ...options } = {}) => beginSpan(tracer, name, options, contextOf(spanContextOf(parent))),
    close: () => provider.shutdown(),
  };
}

/** Decides by chance and not by the id of the trace, which a stranger may have chosen for what it decides. */
function atRandom(ratio: number): Sampler {
  return {
    shouldSample: () => ({
      decision: Math.random() < ratio ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }),
    toString: () => `AtRandom{${ratio}}`,
  };
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

function beginSpan(tracer: Tracer, name: string, options: SpanOptions, parent: Context): Span {
  const { kind, attributes = {}, links = [] } = options;
  const started = tracer.startSpan(
    name,
    {
      kind: kind ? kinds[kind] : SpanKind.INTERNAL,
      attributes: { ...attributes },
      links: links.flatMap((link): Link[] => {
        const context = spanContextOf(link);
        return context ? [{ context }] : [];
      }),
    },
    parent,
  );
  return new TracedSpan(tracer, started);
}

class TracedSpan implements Span {
  readonly recording: boolean;
  readonly #tracer: Tracer;
  readonly #span: OtelSpan;

  constructor(tracer: Tracer, span: OtelSpan) {
    this.#tracer = tracer;
    this.#span = span;
    this.recording = span.isRecording();
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  begin(name: string, options: SpanOptions = {}): Span {
    if (!this.recording) return this;
    return beginSpan(this.#tracer, name, options, trace.setSpan(ROOT_CONTEXT, this.#span));
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes({ ...attributes });
  }

  fail(error: unknown): void {
    this.#span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    // Who begins below a span that is not kept gets the same one, and ends it again.
    if (this.recording) this.#span.end();
  }
}

function contextOf(parent: SpanContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** Source: https://www.w3.org/TR/trace-context/#traceparent-header */
function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (traceId === INVALID_SPAN_CONTEXT.traceId || spanId === INVALID_SPAN_CONTEXT.spanId) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
