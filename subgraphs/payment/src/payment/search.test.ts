import { newId } from '@paygraph/ids';
import type { Page } from '@paygraph/subgraph';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMaker, type Scene, setScene } from '../../test/scene.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { countAllStatement, countOwnStatement } from './counts.ts';
import type { Audience, PaymentSelection } from './selection.ts';
import { createPayments, type PaymentOrder, type Payments, pageStatement } from './store.ts';

/*
 * A hundred thousand payments: one in ten pays the merchant, one in fifty has failed, one in a thousand is under review. How
 * much a page reads is asserted, not how long it takes.
 */

const size = 100_000;
const merchant = newId('cus');
const regular = newId('cus');

describe('among a hundred thousand payments', () => {
  let scene: Scene;
  let payments: Payments;

  beforeAll(async () => {
    scene = await setScene();
    payments = createPayments(scene.client);
    const maker = createMaker(scene);
    const template = await maker.transfer({ ...scene.dollars('10.00'), metadata: { template: true } });
    await maker.close();
    await multiply(scene.database.migrationUrl, template.id);
  }, 240_000);
  afterAll(() => scene.stop());

  const first = (limit = 20): Page => ({ limit, cursor: undefined, backward: false });

  /** The most rows that any part of the plan went through, and the tables that were read from end to end. */
  const work = async (statement: Prisma.Sql) => {
    const [{ 'QUERY PLAN': plans } = { 'QUERY PLAN': [] }] = await scene.client.$queryRaw<{ 'QUERY PLAN': Plan[] }[]>(
      Prisma.sql`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
    );
    const nodes = plans.flatMap(({ Plan: node }) => nodesOf(node));
    const gone = nodes.map(
      (node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    );
    return {
      rows: Math.max(...gone),
      sequential: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
    };
  };
  const pageWork = (
    audience: Audience,
    selection: PaymentSelection,
    page = first(),
    order: PaymentOrder = 'NEWEST_FIRST',
  ) => work(pageStatement(audience, selection, page, order));

  const somewhere = async () => {
    const [middle] = await scene.client.$queryRaw<{ id: string }[]>`
      SELECT id FROM payment ORDER BY id OFFSET ${size / 2} LIMIT 1`;
    return [middle?.id ?? ''];
  };

  it('a page of everybody’s, of a busy merchant’s and of a customer’s reads little more than the page', async () => {
    const cursor = await somewhere();
    for (const audience of ['everybody', { customerId: merchant }, { customerId: regular }] as const)
      for (const order of ['NEWEST_FIRST', 'OLDEST_FIRST'] as const)
        for (const backward of [false, true]) {
          const { rows, sequential } = await pageWork(audience, {}, { limit: 20, cursor, backward }, order);
          expect(sequential).toEqual([]);
          // A customer's few may be read and sorted whole.
          expect(rows).toBeLessThan(400);
        }
  });

  it.each<[string, PaymentSelection, number]>([
    ['a rare state', { states: ['IN_REVIEW'] }, 50],
    ['several states', { states: ['IN_REVIEW', 'FAILED'] }, 100],
    ['a state in which there is none', { states: ['REFUNDED'] }, 10],
    ['a customer', { customerId: merchant }, 400],
    ['metadata', { metadata: [{ key: 'order', value: '4711' }] }, 10],
    [
      'metadata that many have, and some more',
      {
        metadata: [
          { key: 'shop', value: 'accra' },
          { key: 'order', value: '4000' },
        ],
      },
      2_000,
    ],
    ['a reference', { reference: 'none such' }, 10],
    ['an account outside', { counterpartyAccount: '+233241234567' }, 10],
    ['a time', { createdFrom: new Date(0), createdBefore: new Date(1_000) }, 10],
  ])('staff find by %s without going through the others', async (_what, selection, most) => {
    const { rows, sequential } = await pageWork('everybody', selection);
    expect(sequential).toEqual([]);
    expect(rows).toBeLessThanOrEqual(most);
  });

  it('counting by state reads no more of each than it says', async () => {
    const all = await work(countAllStatement());
    expect(all.sequential).toEqual([]);
    expect(all.rows).toBeLessThanOrEqual(3 * 10_001);
    const own = await work(countOwnStatement(regular));
    expect(own.sequential).toEqual([]);
    expect(own.rows).toBeLessThan(1_000);
    expect(await payments.counts('everybody')).toEqual([
      { state: 'INITIATED', count: 1, isCapped: false },
      { state: 'IN_REVIEW', count: size / 1_000, isCapped: false },
      { state: 'CONFIRMED', count: 10_000, isCapped: true },
      { state: 'FAILED', count: size / 50, isCapped: false },
    ]);
  });

  it('pages go through everything once, in both orders and directions', async () => {
    const selection: PaymentSelection = { states: ['IN_REVIEW'] };
    for (const order of ['NEWEST_FIRST', 'OLDEST_FIRST'] as const) {
      const forward = await walk(selection, order, false);
      expect(forward).toHaveLength(size / 1_000);
      expect([...new Set(forward)]).toEqual(forward);
      expect([...forward].sort()).toEqual(order === 'OLDEST_FIRST' ? forward : forward.toReversed());
      expect(await walk(selection, order, true)).toEqual(forward.toReversed());
    }
  });

  async function walk(selection: PaymentSelection, order: PaymentOrder, backward: boolean): Promise<string[]> {
    const seen: string[] = [];
    for (let cursor: string[] | undefined; ; ) {
      const rows = await payments.page('everybody', selection, { limit: 7, cursor, backward }, order);
      const page = rows.slice(0, 7).map(({ id }) => id);
      seen.push(...page);
      if (rows.length <= 7) return seen;
      cursor = page.slice(-1);
    }
  }
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

interface Plan {
  readonly Plan: PlanNode;
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Makes many of one payment: other ids, people, states and metadata, the rest the same. */
async function multiply(migrationUrl: string, template: string): Promise<void> {
  const client = new pg.Client(migrationUrl);
  await client.connect();
  try {
    await client.query(
      `WITH made AS (
         SELECT
           'pay_' || lpad(to_hex(1790000000000 + n * 1000), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
             || lpad(to_hex(n), 15, '0') AS id,
           n, CASE WHEN n % 50 = 0 THEN 'FAILED' WHEN n % 1000 = 1 THEN 'IN_REVIEW' ELSE 'CONFIRMED' END AS state
         FROM generate_series(1, $2::int) AS n
       ), step AS (
         INSERT INTO payment_timeline (payment_id, sequence, from_state, to_state, reason, actor)
         SELECT id, 3,
           CASE state WHEN 'CONFIRMED' THEN 'PROCESSING' ELSE 'VALIDATING' END::payment_state, state::payment_state,
           CASE state WHEN 'CONFIRMED' THEN 'FUNDS_MOVED' WHEN 'FAILED' THEN 'INTERNAL' ELSE 'REVIEW_REQUIRED' END::payment_reason,
           'payment'
         FROM made
       )
       INSERT INTO payment
       SELECT made_of.* FROM made CROSS JOIN payment CROSS JOIN LATERAL jsonb_populate_record(payment, jsonb_build_object(
         'id', made.id, 'state', made.state, 'sequence', 3, 'failure_code', CASE made.state WHEN 'FAILED' THEN 'INTERNAL' END,
         'payer_customer_id', CASE WHEN n % 1000 = 7 THEN $4::text ELSE 'cus_' || lpad(to_hex(n % 1000), 12, '0') || '70008' || repeat('0', 15) END,
         'payee_customer_id', CASE WHEN n % 10 = 0 THEN $3::text ELSE 'cus_' || lpad(to_hex(n % 999), 12, '0') || '70009' || repeat('0', 15) END,
         'created_at', to_timestamp(1790000000 + n), 'expires_at', to_timestamp(1790086400 + n),
         'next_attempt_at', 'infinity',
         'metadata', CASE WHEN n % 100 = 0 THEN jsonb_build_object('shop', 'accra', 'order', n) WHEN n = 4711 THEN '{"order": 4711}' END
       )) AS made_of
       WHERE payment.id = $1`,
      [template, size, merchant, regular],
    );
    for (const table of ['payment', 'payment_metadata']) await client.query(`VACUUM ANALYZE ${table}`);
  } finally {
    await client.end();
  }
}
