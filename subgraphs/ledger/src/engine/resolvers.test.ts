import { readFileSync } from 'node:fs';
import { newId } from '@paygraph/ids';
import { buildSchema, type FieldDefinitionNode, print } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../testing/fixture.ts';
import { errorCodes, serveLedger, type TestServer } from '../testing/http.ts';

let ledger: TestLedger;
let server: TestServer;

beforeAll(async () => {
  ledger = await openTestLedger();
  server = await serveLedger(ledger.databaseUrl);
});

afterAll(async () => {
  await server.stop();
  await ledger.close();
});

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'), {
  assumeValidSDL: true,
});
const isInaccessible = ({ astNode }: { readonly astNode?: FieldDefinitionNode | null | undefined }) =>
  astNode?.directives?.some(({ name }) => name.value === 'inaccessible') ?? false;

const result = '{ id done code account message }';
const openAccounts = `mutation ($items: [OpenAccountInput!]!) { openAccounts(accounts: $items) ${result} }`;
const setStatuses = `mutation ($items: [AccountStatusInput!]!) { setAccountStatuses(accounts: $items) ${result} }`;
const post = `mutation ($items: [PostTransactionInput!]!) { postTransactions(transactions: $items) ${result} }`;
const reserve = `mutation ($items: [ReserveInput!]!) { reserve(reservations: $items) ${result} }`;
const capture = `mutation ($items: [CaptureInput!]!) { capture(captures: $items) ${result} }`;
const voidAll = `mutation ($items: [ID!]!) { void(reservationIds: $items) ${result} }`;
const statuses = 'query ($items: [ID!]!) { commandStatuses(ids: $items) { id state } }';

const done = (id: string) => ({ id, done: true, code: null, account: null, message: null });
const clearing = { purpose: 'RAIL_CLEARING', currency: 'USD', rail: 'manual' };
const walletOf = (walletId: string, currency = 'USD') => ({ purpose: 'WALLET', currency, walletId });
const entry = (direction: string, account: object, amount: string, currency = 'USD') => ({
  direction,
  account,
  amount: { amount, currency },
});
const into = (walletId: string, amount: string) => [
  entry('DEBIT', clearing, amount),
  entry('CREDIT', walletOf(walletId), amount),
];
const collection = (entries: object[], given: object = {}) => ({
  id: newId('txn'),
  kind: 'COLLECTION',
  reference: newId('pay'),
  entries,
  ...given,
});
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

describe('the commands of the ledger', () => {
  it('take a wallet from its opening to its closing', async () => {
    const { tokens, ask } = server;
    const walletId = newId('wal');
    const run = async (mutation: string, items: unknown[], token = tokens.payment()) =>
      Object.values((await ask(mutation, { items }, token)).data ?? {})[0];

    const account = { walletId, ownerId: newId('cus'), currency: 'USD' };
    expect(await run(openAccounts, [account], tokens.wallet())).toEqual([done(walletId)]);

    const collected = collection(into(walletId, '12.3'), {
      metadata: { source: 'desk' },
      effectiveAt: '2026-09-29T12:00:00Z',
    });
    expect(await run(post, [collected])).toEqual([done(collected.id)]);
    expect(await run(post, [{ ...collected, entries: into(walletId, '12.30') }])).toEqual([done(collected.id)]);

    const out = (amount: string) => [entry('DEBIT', walletOf(walletId), amount), entry('CREDIT', clearing, amount)];
    const held = { ...collection(out('12.00')), id: newId('res'), expiresAt: inAnHour() };
    const other = { ...collection(out('0.30')), id: newId('res'), expiresAt: inAnHour() };
    expect(await run(reserve, [held, other])).toEqual([done(held.id), done(other.id)]);
    const part = { id: newId('txn'), reservationId: held.id, entries: out('2.00'), releaseRest: false };
    const rest = { id: newId('txn'), reservationId: held.id };
    expect(await run(capture, [part, rest])).toEqual([done(part.id), done(rest.id)]);
    const never = newId('res');
    expect(await run(voidAll, [other.id, never])).toEqual([done(other.id), done(never)]);

    const unknown = newId('txn');
    expect(await run(statuses, [collected.id, held.id, other.id, never, unknown])).toEqual([
      { id: collected.id, state: 'POSTED' },
      { id: held.id, state: 'CAPTURED' },
      { id: other.id, state: 'VOIDED' },
      { id: never, state: 'VOIDED' },
      { id: unknown, state: null },
    ]);

    const close = [{ walletId, status: 'CLOSED' }];
    expect(await run(setStatuses, close, tokens.wallet())).toMatchObject([
      { code: 'ACCOUNT_NOT_EMPTY', account: walletId },
    ]);
    const emptied = collection(out('0.30'));
    expect(await run(post, [emptied])).toEqual([done(emptied.id)]);
    expect(await run(setStatuses, close, tokens.wallet())).toEqual([done(walletId)]);
  });

  it('answer each item in its place, whatever is wrong with the others', async () => {
    const walletId = await ledger.openWallet();
    const good = [collection(into(walletId, '1')), collection(into(walletId, '2'))];
    const bad = [
      collection(into(walletId, '1.234')),
      collection(into(walletId, '0')),
      collection(into(walletId, '99999999999999999999')),
      collection([entry('DEBIT', clearing, '1', 'EUR'), entry('CREDIT', walletOf(walletId), '1')]),
      collection([entry('DEBIT', clearing, '1'), entry('CREDIT', walletOf(walletId), '2')]),
      collection(into(newId('wal'), '1')),
      collection(into(walletId, '1'), { id: 'txn_nonsense' }),
    ];
    const items = [good[0], ...bad, good[1]];
    const { data } = await server.ask<{ postTransactions: { id: string; code: string | null }[] }>(
      post,
      { items },
      server.tokens.payment(),
    );
    const results = data?.postTransactions ?? [];
    expect(results.map(({ id }) => id)).toEqual(items.map((item) => item?.id));
    expect(results.map(({ code }) => code)).toEqual([
      null,
      'INVALID_AMOUNT',
      'INVALID_AMOUNT',
      'INVALID_AMOUNT',
      'INVALID_AMOUNT',
      'UNBALANCED',
      'ACCOUNT_NOT_FOUND',
      'INVALID_INPUT',
      null,
    ]);
    expect((await ledger.holdings()).get(walletId)).toBe(300n);
  });

  it.each([
    ['a sign', '-1.00'],
    ['an exponent', '1e3'],
    ['a number', 1],
  ])('do not read an amount with %s', async (_what, amount) => {
    const items = [
      collection([
        entry('DEBIT', clearing, '1'),
        { ...entry('CREDIT', clearing, '1'), amount: { amount, currency: 'USD' } },
      ]),
    ];
    expect(errorCodes(await server.ask(post, { items }, server.tokens.payment()))).toContain('BAD_USER_INPUT');
  });

  it('take at most 1,000 items', async () => {
    const items = Array.from({ length: 1001 }, () => newId('res'));
    for (const command of [voidAll, statuses]) {
      expect(errorCodes(await server.ask(command, { items }, server.tokens.payment()))).toEqual(['BAD_USER_INPUT']);
    }
    const { data } = await server.ask(statuses, { items: items.slice(1) }, server.tokens.payment());
    expect(data?.commandStatuses).toHaveLength(1000);
  });
});

describe('a command is refused', () => {
  const reasons: [string, () => string | undefined, string][] = [
    ['for nobody', () => undefined, 'UNAUTHENTICATED'],
    ['for a customer', () => server.tokens.person(newId('cus'), 'CUSTOMER'), 'FORBIDDEN'],
    ['for an operator', () => server.tokens.person(newId('cus'), 'OPERATOR', 'ANALYST'), 'FORBIDDEN'],
    ['for a service of another scope', () => server.tokens.wallet(), 'FORBIDDEN'],
    [
      'for a service that claims a scope it may not have',
      () => server.tokens.payment('ledger:account'),
      'UNAUTHENTICATED',
    ],
    ['for a malformed token', () => 'nonsense', 'UNAUTHENTICATED'],
  ];

  it.each(reasons)('%s', async (_who, token, code) => {
    const walletId = await ledger.openWallet();
    for (const [command, items] of [
      [post, [collection(into(walletId, '1'))]],
      [voidAll, [newId('res')]],
      [statuses, [newId('res')]],
    ] as const) {
      expect(errorCodes(await server.ask(command, { items }, token()))).toEqual([code]);
    }
    expect((await ledger.holdings()).get(walletId)).toBe(0n);
  });

  it('whichever it is, for whoever has not the scope that it asks for', async () => {
    const commands = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(isInaccessible);
    expect(commands.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['postTransactions', 'reserve', 'capture', 'void', 'reverse']),
    );
    const { tokens } = server;
    for (const { name, args, astNode } of commands) {
      const [argument] = args;
      const forWallets = print(astNode as FieldDefinitionNode).includes('"ledger:account"');
      const mutation = `mutation ($items: ${argument?.type}) { ${name}(${argument?.name}: $items) ${result} }`;
      const ask = async (token?: string) => errorCodes(await server.ask(mutation, { items: [] }, token));
      expect([name, await ask()]).toEqual([name, ['UNAUTHENTICATED']]);
      for (const token of [
        tokens.person(newId('cus'), 'OPERATOR', 'ANALYST'),
        forWallets ? tokens.payment() : tokens.wallet(),
      ])
        expect([name, await ask(token)]).toEqual([name, ['FORBIDDEN']]);
      expect([name, await ask(forWallets ? tokens.wallet() : tokens.payment())]).toEqual([name, []]);
    }
  });

  it('for the payment service where only wallets may be opened', async () => {
    const items = [{ walletId: newId('wal'), ownerId: newId('cus'), currency: 'USD' }];
    expect(errorCodes(await server.ask(openAccounts, { items }, server.tokens.payment()))).toEqual(['FORBIDDEN']);
  });

  it('as a whole, to be sent again, when more is waiting than may', async () => {
    // While the ledger's head is held nothing is decided: calls of a thousand are soon more than may wait.
    const held = await ledger.asOwner().$transaction(
      async (books) => {
        await books.$executeRaw`SELECT FROM ledger_head FOR UPDATE`;
        const calls = Array.from({ length: 11 }, () => Array.from({ length: 1_000 }, () => newId('res')));
        const answers = calls.map((items) => server.ask(voidAll, { items }, server.tokens.payment()));
        const first = await Promise.race(answers);
        return { first, answers };
      },
      { timeout: 120_000 },
    );
    expect(errorCodes(held.first)).toEqual(['OVERLOADED']);
    const all = await Promise.all(held.answers);
    expect(new Set(all.flatMap(errorCodes))).toEqual(new Set(['OVERLOADED']));
  });
});
