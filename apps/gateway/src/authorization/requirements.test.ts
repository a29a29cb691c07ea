import { anonymous, type Principal } from '@paygraph/auth';
import { composeSubgraphs } from '@paygraph/supergraph';
import { describe, expect, it } from 'vitest';
import { loadGraph } from '../graph/graph.ts';
import { person, refused, usePayments } from './payments.fixture.ts';

const payments = usePayments();

describe('what is asked for', () => {
  it.each<[string, Principal, boolean]>([
    ['nobody', anonymous, false],
    ['somebody without scopes', person(), false],
    ['somebody with half of an alternative', person('a'), false],
    ['somebody with a whole one', person('a', 'b'), true],
    ['somebody with the other', person('c'), true],
  ])('are a session and one whole alternative of scopes: %s', async (_who, as, isSeen) => {
    expect((await payments.ask('{ both }', as)).data).toEqual({ both: isSeen ? 'both' : null });
  });

  it('is one whole alternative of policies', async () => {
    expect((await payments.ask('{ audit }', person())).data).toEqual({ audit: 'seen' });
    expect(await payments.ask('{ audit }')).toEqual({ data: { audit: null }, errors: [refused('audit')] });
  });

  it('is never met by nobody, also where there is no principal at all', async () => {
    const nobody = undefined as unknown as Principal;
    const caller = { ...payments.graph.scope, principal: nobody };
    const prepared = await payments.graph.pipeline.prepare({ source: '{ payment { secret } }' }, caller);
    expect(prepared).toMatchObject({ kind: 'operation', executable: { refusals: [refused('payment', 'secret')] } });
  });

  it('stands on types as well as on fields', async () => {
    expect(await payments.ask('{ sealed { id } stamp }')).toEqual({
      data: { sealed: null, stamp: null },
      errors: [refused('sealed'), refused('stamp')],
    });
    expect((await payments.ask('{ sealed { id } stamp }', person())).data).toEqual({
      sealed: { id: '1' },
      stamp: 'now',
    });
  });
});

describe('the decision', () => {
  const executable = async (as: Principal, source = '{ open both payment { secret } }') => {
    const prepared = await payments.graph.pipeline.prepare({ source }, { ...payments.graph.scope, principal: as });
    return prepared.kind === 'operation' ? prepared.executable : undefined;
  };

  it('is made once for all who meet the same of what an operation asks for', async () => {
    expect(await executable(person('x'))).toBe(await executable(person('y', 'a')));
    expect(await executable(person('c'))).toBe(await executable(person('a', 'b')));
    expect(await executable(anonymous)).toBe(await executable(anonymous));
  });

  it('is not mistaken for that of somebody who may see something else', async () => {
    const all = await Promise.all([anonymous, person(), person('c')].map((each) => executable(each)));
    expect(new Set(all).size).toBe(3);
    for (const _round of [1, 2]) {
      expect((await payments.ask('{ open both }')).data).toEqual({ open: 'open', both: null });
      expect((await payments.ask('{ open both }', person('c'))).data).toEqual({ open: 'open', both: 'both' });
    }
  });
});

it('a supergraph whose directives ask for nothing is not loaded', () => {
  const sdl = (scopes: string) => `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
    type Query { a: Int @requiresScopes(scopes: ${scopes}) }`;
  const load = (scopes: string) =>
    loadGraph(composeSubgraphs([{ name: 'a', routingUrl: 'http://a:1/', sdl: sdl(scopes) }]).supergraphSdl);
  expect(() => load('[["a"], []]')).toThrow('would let everybody in');
  expect(() => load('[["a"]]')).not.toThrow();
});
