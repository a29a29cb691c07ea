import { randomBytes, randomUUID } from 'node:crypto';
import { until } from '@paygraph/standalone';
import { quotePayment, watchPayment } from '@paygraph/standalone/client';
import { type Collector, type ReportedSpan, startCollector } from '@paygraph/tracing/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usePlatform } from '../support/journey.ts';
import { mtnNumber, outcomeOf, payout, transfer } from '../support/payments.ts';
import type { Customer } from '../support/platform.ts';

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

/** A client's own place in a trace. */
const newClient = () => ({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') });
type Client = ReturnType<typeof newClient>;

const spansOf = ({ traceId }: Client) => collector.spans.filter((span) => span.traceId === traceId);
const named = (spans: readonly ReportedSpan[], service: string) =>
  new Set(spans.filter((span) => span.service === service).map(({ name }) => name));

describe('the trace of a payment', () => {
  const platform = usePlatform('many processes', () => ({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
  }));

  const createPayment = async (person: Customer, input: object, { traceId, spanId }: Client): Promise<string> => {
    const response = await fetch(platform().url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${person.accessToken}`,
        traceparent: `00-${traceId}-${spanId}-01`,
      },
      body: JSON.stringify({
        query:
          'mutation Pay($input: CreatePaymentInput!) { createPayment(input: $input) { payment { id } userErrors { code } } }',
        variables: { input: { ...input, idempotencyKey: randomUUID() } },
      }),
    });
    const { data } = (await response.json()) as { data: { createPayment: { payment: { id: string } } } };
    return data.createPayment.payment.id;
  };

  it('across currencies goes from the client through every process, whatever is done later, to its watchers', async () => {
    const client = newClient();
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ EUR: '0.00' });
    const route = transfer(payer, payee, '25.00 USD', 'USD', 'EUR');
    const { id: quoteId } = await quotePayment(payer, route);
    const id = await createPayment(payer, { ...route, quoteId }, client);
    for await (const _step of watchPayment(payer, id));

    await until('the collector has heard of its end from all processes', 20_000, async () => {
      const spans = spansOf(client);
      const missing = services.filter((service) => named(spans, service).size === 0);
      return missing.length === 0 && watched(spans).length > 0 && detached(client, spans).length === 0;
    });
    const spans = spansOf(client);
    expect([...named(spans, 'payment')]).toEqual(
      expect.arrayContaining(['POST /graphql', 'Mutation.createPayment', 'payment VALIDATING', 'ledger Reserve']),
    );
    expect([...named(spans, 'ledger')]).toEqual(expect.arrayContaining(['Mutation.reserve', 'SELECT']));
    expect(watched(spans)).toContain('ledger /graphql');
    expect(spans.filter(({ failed }) => failed)).toEqual([]);
  });

  it('shows no amounts, wallets or tokens', async () => {
    const client = newClient();
    const payer = await platform().customer({ USD: '100.00' });
    const payee = await platform().customer({ USD: '0.00' });
    const id = await createPayment(payer, transfer(payer, payee, '12.34 USD', 'USD'), client);
    await outcomeOf(payer, id);
    await until('the payment was traced to its end', 20_000, async () =>
      named(spansOf(client), 'payment').has('payment VALIDATING'),
    );
    const told = JSON.stringify(spansOf(client));
    for (const secret of ['12.34', payer.wallet('USD'), payee.wallet('USD'), payer.accessToken])
      expect(told).not.toContain(secret);
    expect(told).toContain(id);
  });

  it('over a rail has the attempts in it', async () => {
    const client = newClient();
    const payer = await platform().customer({ GHS: '100.00' });
    const id = await createPayment(payer, payout(payer, mtnNumber, '25.00 GHS'), client);
    expect(await outcomeOf(payer, id)).toEqual({ state: 'CONFIRMED', failure: null });
    await until('the rail’s part is there', 20_000, async () =>
      [...named(spansOf(client), 'payment')].some((name) => /^attempt /.test(name)),
    );
  });
});

const services = ['gateway', 'payment', 'wallet', 'ledger', 'risk', 'forex', 'profile'];

/** Spans below something that is not there: the rest has not come in yet, or was begun in no one's name. */
function detached({ spanId }: Client, spans: readonly ReportedSpan[]): ReportedSpan[] {
  const known = new Set([spanId, ...spans.map((span) => span.spanId)]);
  return spans.filter(({ parentSpanId = '' }) => !known.has(parentSpanId));
}

/** What the gateway asked of subgraphs to tell watchers of steps. */
function watched(spans: readonly ReportedSpan[]): string[] {
  const events = spans.filter(({ service, name }) => service === 'gateway' && name === 'event');
  const ids = new Set(events.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId = '' }) => ids.has(parentSpanId)).map(({ name }) => name);
}
