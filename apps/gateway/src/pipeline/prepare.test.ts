import { readFileSync } from 'node:fs';
import { anonymous } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { describe, expect, it, vi } from 'vitest';
import { createCompiler } from '../execution/operation.ts';
import { loadGraph } from '../graph/graph.ts';
import { createProtection } from '../protection/protection.ts';
import { createRateLimiter } from '../protection/rate-limits.ts';
import type { Subgraph } from '../subgraphs/subgraph.ts';
import { createKnownOperations } from './known-operations.ts';
import { createPrepare, type OperationRequest } from './prepare.ts';

const supergraph = readFileSync(new URL('../../../../supergraph.graphql', import.meta.url), 'utf8');
const graph = loadGraph(supergraph);
const subgraphs = new Map(graph.subgraphs.map(({ name }) => [name, { name } as Subgraph]));
const protection = createProtection();
const known = createKnownOperations({
  ...{
    graph,
    compiler: createCompiler(graph, subgraphs),
    production: true,
    policies: {},
    limits: protection.limits,
    registered: new Set<string>(),
    generation: '',
  },
});
const logger = createLogger({ service: 'gateway', level: 'silent' });
const stranger = { principal: anonymous, authorization: undefined, requestId: 'req_1', logger };
const judge = createPrepare({ graph, known, production: true, protection });
const prepare = (request: OperationRequest) => judge(request, stranger);

describe('what somebody may spend', () => {
  const rateLimiter = createRateLimiter({ limits: { anonymous: 5 }, logger });
  const charge = vi.fn(rateLimiter.charge);
  const operation = vi.fn(known.operation);
  const counted = createPrepare({
    ...{ graph, known: { ...known, operation }, production: true },
    protection: createProtection({ rateLimiter: { ...rateLimiter, charge } }),
  });
  const kindOf = async (source: string) => (await counted({ source }, stranger)).kind;

  it('is asked for once of a text that is remembered, and nobody’s text is parsed who has nothing left', async () => {
    const rate = '{ exchangeRate(base: "USD", quote: "EUR") { mid } }';
    expect(await kindOf(rate)).toBe('operation');
    charge.mockClear();
    expect(await kindOf(rate)).toBe('operation');
    expect(charge).toHaveBeenCalledTimes(1);
    while ((await kindOf(rate)) === 'operation');
    operation.mockClear();
    expect(await kindOf('{ __typename }')).toBe('rejected');
    expect(operation).not.toHaveBeenCalled();
  });
});

describe('values of custom scalars', () => {
  const deposit = (amount: string, currency: string) => `mutation {
    recordDeposit(
      input: { idempotencyKey: "1", walletId: "2", reference: "3", amount: { amount: ${amount}, currency: ${currency} } }
    ) { replayed }
  }`;

  it.each([
    ['an amount that is a number', deposit('10', '"USD"')],
    ['an amount with an exponent', deposit('"1e5"', '"USD"')],
    ['a currency that is none', deposit('"10.00"', '"usd"')],
    ['an instant that is none', '{ exchangeRateHistory(base: "USD", quote: "EUR", from: "now") { nodes { mid } } }'],
    ['an address that is none', 'mutation { logIn(input: { email: "me", password: "x" }) { userErrors { code } } }'],
  ])('are judged before anything runs: %s in a document', async (_what, source) => {
    const prepared = await prepare({ source });
    if (prepared.kind !== 'rejected') throw new Error('It was not rejected');
    expect(prepared.errors).toMatchObject([
      { locations: [{ column: expect.any(Number) }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  it('are judged in variables, too', async () => {
    const source = 'query ($code: CurrencyCode!) { exchangeRate(base: $code, quote: "EUR") { mid } }';
    expect((await prepare({ source, variables: { code: 'USD' } })).kind).toBe('operation');
    expect(await prepare({ source, variables: { code: 'usd' } })).toMatchObject({
      kind: 'rejected',
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('are not nested deeper than they could be sent on', async () => {
    const source = `mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { replayed } }`;
    const metadata = JSON.parse(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
    const input = { idempotencyKey: '1', payerWalletId: '2', payeeWalletId: '3', metadata };
    const amount = { amount: '10.00', currency: 'USD' };
    expect(await prepare({ source, variables: { input: { ...input, amount } } })).toMatchObject({
      kind: 'rejected',
      errors: [{ message: expect.stringContaining('100 levels'), extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});
