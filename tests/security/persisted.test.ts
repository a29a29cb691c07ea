import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useWallets } from './support/wallets.ts';
import { codesIn, reading, subscribing, type Way, writing } from './support/ways.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const byId = (id: string) => ({ persistedQuery: { version: 1, sha256Hash: id } });
const wallet = 'query Wallet($id: ID!) { wallet(id: $id) { label } }';
const rename = 'mutation Rename { rename(id: "1", label: "Mine") { label } }';
const operations = [
  { id: hashOf(wallet), body: wallet },
  { id: 'renaming', body: rename },
];
const variables = { id: '1' };
const authorization = 'ama';
const answered = { data: { wallet: { label: 'label of 1' } } };
/** Those that may send an id in place of a text. */
const withIds: readonly Way[] = writing.filter(({ name }) => name !== 'a persisted query');

describe.each(withIds)('a hash by $name', ({ name, ask }) => {
  const graph = useWallets();

  it('that is not known is asked for with its text, and known from then on', async () => {
    const query = `query By${name.replace(/\W/g, '')} { labels }`;
    const extensions = byId(hashOf(query));
    const asking = (text: string) => ask(graph.url, { query: text, extensions, authorization });
    expect(codesIn(await asking(''))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    for (const text of [query, '']) expect(await asking(text)).toEqual({ data: { labels: ['one'] } });
  });

  it('of another text is refused, and nothing remembered', async () => {
    const extensions = byId(hashOf(`${name}, and something else`));
    expect(codesIn(await ask(graph.url, { query: '{ labels }', extensions, authorization }))).toEqual(['BAD_REQUEST']);
    expect(codesIn(await ask(graph.url, { query: '', extensions, authorization }))).toEqual([
      'PERSISTED_QUERY_NOT_FOUND',
    ]);
  });

  it.each([
    ['is not valid', '{ nothing }'],
    ['is no document', '{ labels'],
    ['is too long to be remembered', `{ labels } #${'-'.repeat(10_000)}`],
  ])('of a text that %s is not remembered', async (_what, query) => {
    const asked = { extensions: byId(hashOf(query)), authorization };
    await ask(graph.url, { query, ...asked });
    expect(codesIn(await ask(graph.url, { query: '', ...asked }))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  });
});

describe('where only listed operations are let in', () => {
  const graph = useWallets({ protection: { listed: { operations, only: true } } });

  it.each(withIds)('one is found by its id, by $name', async ({ ask }) => {
    const asked = { query: '', variables, extensions: byId(hashOf(wallet)), authorization };
    expect(await ask(graph.url, asked)).toEqual(answered);
    const renaming = { query: '', extensions: byId('renaming'), authorization };
    expect(await ask(graph.url, renaming)).toEqual({ data: { rename: { label: 'Mine' } } });
  });

  it.each(reading)('or by its text, by $name', async ({ ask }) => {
    expect(await ask(graph.url, { query: wallet, variables, authorization })).toEqual(answered);
  });

  it.each(reading)('and no other text is, by $name', async ({ name, ask }) => {
    for (const query of ['{ labels }', `${wallet} `, `${wallet} query Other { labels }`]) {
      const { data, errors } = await ask(graph.url, { query, variables, operationName: 'Wallet', authorization });
      expect(data).toBeUndefined();
      const expected = name === 'a persisted query' ? 'PERSISTED_QUERY_NOT_IN_LIST' : 'QUERY_NOT_IN_SAFELIST';
      expect(codesIn({ errors } as never)).toEqual([expected]);
    }
  });

  it.each(withIds)('nor another id, with or without its text, by $name', async ({ ask }) => {
    const extensions = byId(hashOf('{ labels }'));
    const codes = async (query: string) => codesIn(await ask(graph.url, { query, extensions, authorization }));
    expect(await codes('')).toEqual(['PERSISTED_QUERY_NOT_IN_LIST']);
    expect(await codes('{ labels }')).toEqual(['QUERY_NOT_IN_SAFELIST']);
    expect(await codes('')).toEqual(['PERSISTED_QUERY_NOT_IN_LIST']);
  });

  it.each(withIds)('nor a text under the id of a listed one, by $name', async ({ ask }) => {
    const asked = { query: '{ labels }', extensions: byId('renaming'), authorization };
    expect(codesIn(await ask(graph.url, asked))).toEqual(['QUERY_NOT_IN_SAFELIST']);
  });

  it.each(subscribing)('nor a subscription, by $name', async ({ ask }) => {
    const query = 'subscription { renamed(id: "1") { id } }';
    expect(codesIn(await ask(graph.url, { query, authorization }))).toEqual(['QUERY_NOT_IN_SAFELIST']);
  });
});
