import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTracing } from './otlp.ts';
import { currentSpan, type Tracing, traced, within } from './span.ts';
import { type Collector, type ReportedSpan, startCollector } from './testing.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

/** Traces something with a service of its own and answers what the collector heard of it, by the names of spans. */
async function heard(
  run: (tracing: Tracing) => void | Promise<void>,
  options: { ratio?: number; edge?: boolean } = {},
): Promise<Readonly<Record<string, ReportedSpan>>> {
  const service = `service ${crypto.randomUUID()}`;
  const tracing = createTracing({ service, endpoint: collector.endpoint, ratio: 1, ...options });
  await run(tracing);
  await tracing.close();
  const spans = collector.spans.filter((span) => span.service === service);
  return Object.fromEntries(spans.map((span) => [span.name, span]));
}

const caller = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const kept = `00-${caller.traceId}-${caller.spanId}-01`;
const notKept = `00-${caller.traceId}-${caller.spanId}-00`;

describe('a span', () => {
  it('stands below the one that the caller names', async () => {
    const { request } = await heard((tracing) => tracing.begin('request', { parent: kept }).end());
    expect(request).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId, failed: false });
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${caller.spanId}-01`, `ff${kept.slice(2)}`, `${kept}-more`])(
    'begins a trace where the caller says %j',
    async (parent) => {
      const { request } = await heard((tracing) => tracing.begin('request', { parent }).end());
      expect(request?.parentSpanId).toBeUndefined();
      expect(request?.traceId).not.toBe(caller.traceId);
    },
  );

  it('has those below it that are begun while it is current, whatever is awaited between', async () => {
    const { request, step, statement } = await heard(async (tracing) => {
      const span = tracing.begin('request');
      await within(span, () =>
        traced('step', {}, async () => {
          await new Promise(setImmediate);
          await traced('statement', { kind: 'client', attributes: { rows: 3 } }, async () => undefined);
        }),
      );
      span.end();
      expect(currentSpan()).toBeUndefined();
    });
    expect(step?.parentSpanId).toBe(request?.spanId);
    expect(statement).toMatchObject({ parentSpanId: step?.spanId, attributes: { rows: 3 } });
  });

  it('says that it failed and with what kind of error, and not with which words', async () => {
    const { step } = await heard(async (tracing) => {
      const span = tracing.begin('request');
      const run = () => traced('step', {}, () => Promise.reject(new RangeError('ada@example.org has 12.00 USD')));
      await expect(within(span, run)).rejects.toThrow(RangeError);
      span.end();
    });
    expect(step).toMatchObject({ failed: true, attributes: { 'error.type': 'RangeError' } });
    expect(JSON.stringify(step)).not.toContain('ada@');
  });

  it('points to others', async () => {
    const { second } = await heard((tracing) => tracing.begin('second', { links: [kept, 'nonsense'] }).end());
    expect(second?.links).toEqual([caller.spanId]);
  });
});

describe('a trace', () => {
  it('that the caller does not keep is not kept here, and what is begun in it costs nothing', async () => {
    const spans = await heard(async (tracing) => {
      const span = tracing.begin('request', { parent: notKept });
      expect(span).toMatchObject({ recording: false, traceparent: expect.stringMatching(/-00$/) });
      await within(span, () => traced('step', {}, (step) => expect(step).toBe(span)));
      span.end();
    });
    expect(spans).toEqual({});
  });

  it('is kept as often as configured', async () => {
    expect(await heard((tracing) => tracing.begin('request').end(), { ratio: 0 })).toEqual({});
  });

  it('of a stranger is not kept because the stranger says so', async () => {
    const begin = (tracing: Tracing) => tracing.begin('request', { parent: kept }).end();
    expect(await heard(begin, { ratio: 0, edge: true })).toEqual({});
    expect(Object.keys(await heard(begin, { ratio: 0 }))).toEqual(['request']);
  });

  it('of a stranger is kept or not by chance, whatever its id', async () => {
    const keptOf = async (traceId: string) => {
      const parent = `00-${traceId}-${caller.spanId}-01`;
      const begin = (tracing: Tracing) => {
        for (let request = 0; request < 100; request++) tracing.begin(`request ${request}`, { parent }).end();
      };
      return Object.keys(await heard(begin, { ratio: 0.5, edge: true })).length;
    };
    for (const traceId of [`${'0'.repeat(31)}1`, 'f'.repeat(32)]) {
      const kept = await keptOf(traceId);
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(100);
    }
  });

  it('of a stranger is not hidden because the stranger says so', async () => {
    const { request, step } = await heard(
      (tracing) => {
        const span = tracing.begin('request', { parent: notKept });
        span.begin('step').end();
        span.end();
      },
      { edge: true },
    );
    expect(request).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId });
    expect(step?.parentSpanId).toBe(request?.spanId);
  });
});

it('does nothing but run what is not traced', async () => {
  expect(await traced('step', {}, (span) => span)).toBeUndefined();
});
