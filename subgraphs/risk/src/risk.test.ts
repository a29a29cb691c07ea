import { createServer, type Server } from 'node:http';
import {
  createAuthenticator,
  createServiceTokenSigner,
  generateSigningKey,
  publicJwk,
  type Role,
  signAccessToken,
  staticKeys,
} from '@paygraph/auth';
import { prismaAdapter } from '@paygraph/database';
import { createTestDatabase, query, type TestDatabase } from '@paygraph/database/testing';
import { newId } from '@paygraph/ids';
import { createLogger } from '@paygraph/service';
import { createPeer, type Subgraph } from '@paygraph/subgraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrismaClient } from './generated/prisma/client.ts';
import { RuleSetChangedError } from './rules/active.ts';
import { createRuleSet, loadRuleSet, type RuleSet } from './rules/rule-set.ts';
import { createRiskSubgraph } from './subgraph.ts';

const logger = createLogger({ service: 'risk', level: 'silent' });
const accessKey = generateSigningKey();
const paymentKey = generateSigningKey();
const paymentToken = createServiceTokenSigner({ service: 'payment', key: paymentKey })('risk', ['risk:assess']);

let database: TestDatabase;
let forex: Server;
let subgraph: Subgraph;
let url: string;

const dependencies = (databaseUrl: string) => {
  const address = forex.address();
  if (address === null || typeof address === 'string') throw new Error('forex does not listen');
  return {
    databaseUrl,
    logger,
    authenticate: createAuthenticator({
      accessTokenKeys: staticKeys({ keys: [publicJwk(accessKey)] }),
      serviceTokenKeys: staticKeys({ keys: [publicJwk(paymentKey, 'payment')] }),
      audience: 'risk',
      acceptedScopes: { payment: ['risk:assess'] },
    }),
    forex: createPeer({ name: 'forex', url: `http://127.0.0.1:${address.port}/graphql`, token: () => '', logger }),
  };
};

beforeAll(async () => {
  database = await createTestDatabase('risk');
  forex = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { exchangeRates: [{ quote: 'EUR', mid: '0.88022588' }] } }));
  });
  await new Promise<void>((resolve) => forex.listen(0, '127.0.0.1', resolve));
  subgraph = await createRiskSubgraph(dependencies(database.databaseUrl));
  url = await subgraph.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await subgraph.stop();
  forex.close();
  await database.drop();
});

interface Answer {
  // Tests look into answers by hand: their shape is the contract's.
  readonly data?: Record<string, never> | null;
  readonly errors?: { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function ask(query: string, variables: object, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

const tokenOf = (customerId: string, roles: Role[]) =>
  signAccessToken({ key: accessKey, customerId, sessionId: newId('ses'), roles }).token;

const request = (amount = '10.00', overrides: object = {}) => ({
  paymentId: newId('pay'),
  kind: 'TRANSFER',
  payerId: newId('cus'),
  payeeId: newId('cus'),
  amount: { amount, currency: 'EUR' },
  targetCurrency: 'EUR',
  createdAt: '2026-09-29T12:00:00Z',
  ...overrides,
});

const assess = async (requests: object[]) => {
  const query = `mutation ($requests: [RiskAssessmentInput!]!) {
    assessPayments(requests: $requests) { paymentId assessmentId decision }
  }`;
  const { data, errors } = await ask(query, { requests }, paymentToken);
  expect(errors).toBeUndefined();
  return (data as unknown as { assessPayments: { paymentId: string; assessmentId: string; decision: string }[] })
    .assessPayments;
};

const assessmentSeenBy = async (paymentId: string, token: string, selection = 'decision') => {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Payment { riskAssessment { ${selection} } } } }`;
  const { data } = await ask(query, { of: [{ __typename: 'Payment', id: paymentId }] }, token);
  return (data as unknown as { _entities: { riskAssessment: Record<string, unknown> | null }[] })._entities[0]
    ?.riskAssessment;
};

const decide = async (input: object, token: string) => {
  const query = `mutation ($input: DecideRiskReviewInput!) {
    decideRiskReview(input: $input) { assessment { decision } userErrors { code field } }
  }`;
  return ask(query, { input }, token);
};

describe('assessing payments', () => {
  it('answers in the order asked, by the worth of each', async () => {
    const decisions = await assess([request('10.00'), request('10000.00'), request('50000.00')]);
    expect(decisions.map(({ decision }) => decision)).toEqual(['APPROVE', 'REVIEW', 'DECLINE']);
  });

  it('gives a payment one assessment, however often and at however many places at once it is asked', async () => {
    const again = request();
    const answers = await Promise.all(Array.from({ length: 8 }, () => assess([again])));
    expect(new Set(answers.flat().map(({ assessmentId }) => assessmentId)).size).toBe(1);
  });

  it('keeps the version of the rules, the facts and the reasons with the assessment', async () => {
    const payment = request('3000.00', { targetCurrency: 'USD' });
    await assess([payment]);
    const analyst = tokenOf(newId('cus'), ['ANALYST']);
    const seen = await assessmentSeenBy(
      payment.paymentId,
      analyst,
      'ruleSetVersion score reasons { code } facts { name value }',
    );
    expect(seen).toMatchObject({
      ruleSetVersion: (await loadRuleSet()).version,
      score: 35,
      reasons: [{ code: 'AMOUNT_ELEVATED' }, { code: 'FIRST_PAYMENT_ELEVATED' }, { code: 'CROSS_CURRENCY' }],
    });
    expect(seen?.facts).toContainEqual({ name: 'amountBand', value: '"ELEVATED"' });
  });

  it('knows a payee who was paid before', async () => {
    const first = request('3000.00');
    const second = { ...first, paymentId: newId('pay') };
    await assess([first]);
    await assess([second]);
    const analyst = tokenOf(newId('cus'), ['ANALYST']);
    expect(await assessmentSeenBy(second.paymentId, analyst, 'reasons { code }')).toEqual({
      reasons: [{ code: 'AMOUNT_ELEVATED' }],
    });
  });

  it('notices sixty payments within the hour', async () => {
    const payerId = newId('cus');
    await assess(Array.from({ length: 60 }, () => request('1.00', { payerId })));
    const last = request('1.00', { payerId });
    await assess([last]);
    const analyst = tokenOf(newId('cus'), ['ANALYST']);
    expect(await assessmentSeenBy(last.paymentId, analyst, 'reasons { code }')).toEqual({
      reasons: [{ code: 'VELOCITY_HIGH' }],
    });
  });

  it('refuses what the contract does not allow, and keeps nothing of that call', async () => {
    const good = request();
    const bad = request('1.001');
    const query = 'mutation ($requests: [RiskAssessmentInput!]!) { assessPayments(requests: $requests) { paymentId } }';
    const { errors } = await ask(query, { requests: [good, bad] }, paymentToken);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: ['requests', '1', 'amount', 'amount'],
    });
    expect(await assessmentSeenBy(good.paymentId, tokenOf(newId('cus'), ['ANALYST']))).toBeNull();
  });

  it('is for services with the scope only', async () => {
    const query = 'mutation ($requests: [RiskAssessmentInput!]!) { assessPayments(requests: $requests) { paymentId } }';
    const codes = await Promise.all(
      [undefined, tokenOf(newId('cus'), ['OPERATOR', 'ANALYST', 'CUSTOMER'])].map(
        async (token) => (await ask(query, { requests: [] }, token)).errors?.[0]?.extensions.code,
      ),
    );
    expect(codes).toEqual(['UNAUTHENTICATED', 'FORBIDDEN']);
  });
});

describe('seeing assessments', () => {
  it('shows the payer the decision, staff everything, and others nothing', async () => {
    const payment = request();
    await assess([payment]);
    const payer = tokenOf(payment.payerId, ['CUSTOMER']);
    expect(await assessmentSeenBy(payment.paymentId, payer)).toEqual({ decision: 'APPROVE' });
    expect(await assessmentSeenBy(payment.paymentId, tokenOf(payment.payeeId, ['CUSTOMER']))).toBeNull();
    expect(await assessmentSeenBy(payment.paymentId, payer, 'score')).toBeNull();
    expect(await assessmentSeenBy(payment.paymentId, tokenOf(newId('cus'), ['OPERATOR']), 'score')).toEqual({
      score: 0,
    });
  });
});

describe('reviewing', () => {
  const analystId = newId('cus');
  const analyst = tokenOf(analystId, ['ANALYST']);
  const inReview = async (overrides: object = {}) => {
    const payment = request('10000.00', overrides);
    const [assessment] = await assess([payment]);
    return { payment, assessmentId: assessment?.assessmentId };
  };

  it('lets an analyst decide, once, and payment hears of it', async () => {
    const { payment, assessmentId } = await inReview();
    const approve = { assessmentId, decision: 'APPROVE', note: 'Known customer' };
    const answers = await Promise.all([
      decide(approve, analyst),
      decide({ ...approve, decision: 'DECLINE' }, tokenOf(newId('cus'), ['ANALYST'])),
    ]);
    const codes = answers.flatMap(
      ({ data }) =>
        (data as unknown as { decideRiskReview: { userErrors: { code: string }[] } }).decideRiskReview.userErrors,
    );
    expect(codes).toEqual([{ code: 'ALREADY_DECIDED', field: ['input', 'assessmentId'] }]);
    expect(answers.map(({ data }) => data?.decideRiskReview)).toContainEqual(
      expect.objectContaining({ assessment: null, userErrors: codes }),
    );
    const [heard] = await assess([payment]);
    const winner = answers.findIndex(
      ({ data }) =>
        (data as unknown as { decideRiskReview: { userErrors: unknown[] } }).decideRiskReview.userErrors.length === 0,
    );
    expect(heard?.decision).toBe(['APPROVE', 'DECLINE'][winner]);
  });

  it.each([
    ['a note of nothing', { note: '  ' }, 'NOTE_INVALID'],
    ['a note that is no text to a database', { note: 'Fine\0' }, 'NOTE_INVALID'],
    ['an id that is no text to a database', { assessmentId: 'ast_\0' }, 'ASSESSMENT_NOT_FOUND'],
    ['a decision to review', { decision: 'REVIEW' }, 'DECISION_INVALID'],
    ['an assessment that is not there', { assessmentId: newId('ast') }, 'ASSESSMENT_NOT_FOUND'],
  ])('refuses %s', async (_what, change, code) => {
    const { assessmentId } = await inReview();
    const { data } = await decide({ assessmentId, decision: 'APPROVE', note: 'Fine', ...change }, analyst);
    expect(data).toMatchObject({ decideRiskReview: { assessment: null, userErrors: [{ code }] } });
  });

  it('refuses analysts their own payments, and payments that need no review', async () => {
    const own = await inReview({ payeeId: analystId });
    const { data: refused } = await decide(
      { assessmentId: own.assessmentId, decision: 'APPROVE', note: 'Fine' },
      analyst,
    );
    expect(refused).toMatchObject({ decideRiskReview: { userErrors: [{ code: 'OWN_PAYMENT' }] } });
    const [approved] = await assess([request()]);
    const input = { assessmentId: approved?.assessmentId, decision: 'DECLINE', note: 'No' };
    expect((await decide(input, analyst)).data).toMatchObject({
      decideRiskReview: { userErrors: [{ code: 'NOT_IN_REVIEW' }] },
    });
  });

  it('keeps undecided payments in the queue, oldest first, page by page', async () => {
    const waiting = [await inReview(), await inReview(), await inReview()];
    const query = `query ($after: String) {
      riskReviewQueue(first: 100, after: $after) { nodes { id decision } pageInfo { hasNextPage endCursor } }
    }`;
    const { data } = await ask(query, {}, analyst);
    const queue = (data as unknown as { riskReviewQueue: { nodes: { id: string }[] } }).riskReviewQueue.nodes;
    const ids = queue.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted());
    expect(ids).toEqual(expect.arrayContaining(waiting.map(({ assessmentId }) => assessmentId)));
    await decide({ assessmentId: waiting[0]?.assessmentId, decision: 'DECLINE', note: 'No' }, analyst);
    const after = await ask(query, {}, analyst);
    expect(JSON.stringify(after.data)).not.toContain(waiting[0]?.assessmentId);
  });

  it('is closed to customers', async () => {
    const { assessmentId } = await inReview();
    const answer = await decide({ assessmentId, decision: 'APPROVE', note: 'Me' }, tokenOf(newId('cus'), ['CUSTOMER']));
    expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe('the database', () => {
  it('does not let the service change or remove what was said', async () => {
    const client = new PrismaClient({ adapter: prismaAdapter({ url: database.databaseUrl }) });
    await expect(client.assessment.updateMany({ data: { score: 0 } })).rejects.toThrow(/permission denied/);
    await expect(client.review.deleteMany()).rejects.toThrow(/permission denied/);
    await client.$disconnect();
  });

  it('refuses rules that changed without a new version', async () => {
    const { version, source } = await loadRuleSet();
    const changed = createRuleSet(version, source.replace('"50"', '"49"'));
    const other = await createTestDatabase('risk');
    const create = (ruleSet: RuleSet) => createRiskSubgraph({ ...dependencies(other.databaseUrl), ruleSet });
    await (await create(await loadRuleSet())).stop();
    await expect(create(changed)).rejects.toThrow(RuleSetChangedError);
    const connections = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    await expect.poll(() => query(other.migrationUrl, connections)).toEqual([]);
    await other.drop();
  });
});
