import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { encodeCursor, type PageArguments, pageFrom, toConnection } from './pagination.ts';

const list = Array.from({ length: 57 }, (_, index) => ({ id: `wal_${String(index).padStart(3, '0')}` }));

/** What a store does with a page: reads limit + 1 rows behind the cursor, in reading order. */
function read(rows: { id: string }[], args: PageArguments) {
  const page = pageFrom(args);
  const [after] = page.cursor ?? [];
  const ordered = page.backward ? rows.toReversed() : rows;
  const behind = ordered.filter(({ id }) => after === undefined || (page.backward ? id < after : id > after));
  return toConnection(behind.slice(0, page.limit + 1), page, ({ id }) => [id]);
}

function refusalOf(args: PageArguments, columns?: Parameters<typeof pageFrom>[1]) {
  try {
    return pageFrom(args, columns);
  } catch (error) {
    if (error instanceof GraphQLError) return { message: error.message, ...error.extensions };
    throw error;
  }
}

describe('a page', () => {
  it('has 20 rows unless told', () => {
    expect(read(list, {}).nodes).toEqual(list.slice(0, 20));
    expect(read(list, { last: null, before: encodeCursor(['wal_010']) }).nodes).toEqual(list.slice(0, 10));
  });

  it('says whether there is more on either side', () => {
    const first = read(list, { first: 50 });
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = read(list, { first: 50, after: first.pageInfo.endCursor });
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(read(list, { first: 57 }).pageInfo.hasNextPage).toBe(false);
    expect(read(list, { last: 57 }).pageInfo.hasPreviousPage).toBe(false);
    expect(read(list, { last: 56 }).pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('of nothing has no cursors', () => {
    expect(read([], {})).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it('follows page, in both directions, so that every row is seen once and in the list’s order', () => {
    const sizes = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(sizes, fc.nat(120), fc.boolean(), (size, length, backward) => {
        const rows = Array.from({ length }, (_, index) => ({ id: `wal_${String(index).padStart(3, '0')}` }));
        const seen: { id: string }[] = [];
        let args: PageArguments = backward ? { last: size } : { first: size };
        for (;;) {
          const { nodes, pageInfo } = read(rows, args);
          if (backward) seen.unshift(...nodes);
          else seen.push(...nodes);
          if (backward ? !pageInfo.hasPreviousPage : !pageInfo.hasNextPage) break;
          args = backward ? { last: size, before: pageInfo.startCursor } : { first: size, after: pageInfo.endCursor };
        }
        expect(seen).toEqual(rows);
      }),
    );
  });

  it('stays where it is while rows are added before it', () => {
    const { endCursor } = read(list, { first: 5 }).pageInfo;
    const grown = [{ id: 'wal_000a' }, ...list].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(read(grown, { first: 5, after: endCursor }).nodes).toEqual(list.slice(5, 10));
  });
});

describe('the arguments of a page', () => {
  it.each([
    [{ first: 0 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: 0 }, 'last'],
    [{ last: 101 }, 'last'],
    [{ first: 1, last: 1 }, 'first'],
    [{ first: 1, before: encodeCursor(['a']) }, 'first'],
    [{ last: 1, after: encodeCursor(['a']) }, 'after'],
    [{ after: encodeCursor(['a']), before: encodeCursor(['b']) }, 'after'],
    [{ after: 'not a cursor' }, 'after'],
    [{ after: '' }, 'after'],
    [{ before: encodeCursor(['a', 'b']) }, 'before'],
    [{ before: encodeCursor([]) }, 'before'],
    [{ after: Buffer.from('{"0":"a"}').toString('base64url') }, 'after'],
    [{ after: Buffer.from('[1]').toString('base64url') }, 'after'],
    [{ after: encodeCursor(['a\0b']) }, 'after'],
    [{ after: encodeCursor(['x'.repeat(2000)]) }, 'after'],
  ])('%j are refused and the one at fault is named', (args, field) => {
    expect(refusalOf(args)).toMatchObject({ code: 'BAD_USER_INPUT', field: [field] });
  });

  it('hold cursors to the columns of the order', () => {
    const columns = ['time', 'integer', 'text'] as const;
    const good = ['2026-09-29T12:00:00.123456Z', '9223372036854775807', 'pay_1'];
    expect(pageFrom({ after: encodeCursor(good) }, columns).cursor).toEqual(good);
    for (const bad of [
      ['2026-09-29', '1', 'a'],
      ['2026-13-29T12:00:00Z', '1', 'a'],
      ['2026-02-31T12:00:00Z', '1', 'a'],
      ['0000-01-01T00:00:00Z', '1', 'a'],
      ["2026-09-29T12:00:00Z'--", '1', 'a'],
      ['2026-09-29T12:00:00Z', '9223372036854775808', 'a'],
      ['2026-09-29T12:00:00Z', '1.5', 'a'],
      ['2026-09-29T12:00:00Z', '', 'a'],
    ])
      expect(refusalOf({ after: encodeCursor(bad) }, columns)).toMatchObject({ field: ['after'] });
  });
});
