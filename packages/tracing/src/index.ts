export { type Attributes, currentSpan, type Span, type SpanOptions, type Tracing, traced, within } from './span.ts';
