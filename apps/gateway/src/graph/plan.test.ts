import type { QueryPlan } from '@apollo/query-planner';
import { buildSchema, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { Rejection } from '../errors.ts';
import { createPlan, Unplannable } from './plan.ts';

const schema = buildSchema(`
  type Query { account: Account }
  interface Account { id: ID! }
  interface Owned { owner: String! }
  type Savings implements Account & Owned { id: ID!  owner: String! }
  type Current implements Account & Owned { id: ID!  owner: String! }
  type Closed implements Account { id: ID! }`);
const query = 'query Mine { account { ...O } } fragment O on Owned { owner ... on Current { id } }';
const asConcrete = `query Mine {
  account { ... on Savings { owner } ... on Current { owner ... on Current { id } } }
}`;
const anything: QueryPlan = { kind: 'QueryPlan' };

function rejectionOf(run: () => unknown): Rejection {
  try {
    run();
  } catch (error) {
    if (error instanceof Rejection) return error;
  }
  throw new Error('It was not rejected');
}

describe('an operation that the planner fails on', () => {
  it('is planned with fragments on object types in the place of those on interfaces', () => {
    const attempts: string[] = [];
    const plan = createPlan(schema, (document) => {
      attempts.push(print(document));
      if (attempts.length === 1) throw new Error('We should have an edge');
      return anything;
    });
    expect(plan(parse(query))).toBe(anything);
    expect(attempts[1]).toBe(print(parse(asConcrete)));
  });

  it('is refused when that fails too, without a word of why the planner did', () => {
    const plan = createPlan(schema, () => {
      throw new Error('We should have an edge');
    });
    const rejection = rejectionOf(() => plan(parse(query)));
    expect(rejection).toBeInstanceOf(Unplannable);
    expect(rejection.errors.map((error) => error.toJSON())).toEqual([
      {
        message:
          'The query "Mine" is valid but cannot be planned over the subgraphs. Ask without its fragments on "Owned", "Current", or with fragments on object types in their place.',
        extensions: { code: 'OPERATION_NOT_SUPPORTED' },
      },
    ]);
  });

  it('is refused as too complex when that is why', () => {
    const plan = createPlan(schema, () => {
      throw new Error('Exceeded maximum recursive selections of this operation');
    });
    const rejection = rejectionOf(() => plan(parse(query)));
    expect(rejection).not.toBeInstanceOf(Unplannable);
    expect(rejection.errors.map(({ extensions }) => extensions.code)).toEqual(['OPERATION_TOO_COMPLEX']);
  });
});
