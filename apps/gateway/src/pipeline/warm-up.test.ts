import { createLogger } from '@paygraph/service';
import { expect, it } from 'vitest';
import { localGraph } from '../testing/local-graph.ts';
import { warmUp } from './warm-up.ts';

const graph = localGraph({
  rates: {
    sdl: `
      type Query { rate: Rate }
      type Subscription { books: Rate @requiresScopes(scopes: [["ledger:read:any"]]) }
      type Rate { mid: String @authenticated  books: String @requiresScopes(scopes: [["ledger:read:any"]]) }`,
    resolvers: {},
  },
});
const logger = createLogger({ service: 'gateway', level: 'silent' });
const registered = [
  'query A { rate { mid } }',
  'query B { rate { books } }',
  'query C { ... @defer { rate { mid } } }',
  'subscription D { books { mid } }',
].map((body) => ({ client: 'app', name: body.split(' ')[1] ?? '', body }));

it('plans for strangers and customers, for the staff what is for the staff, and what comes in parts both ways', async () => {
  const { known } = graph.pipeline;
  const warmed = await warmUp({ known, registered, policies: {}, budgetMs: 60_000, logger });
  expect(warmed).toMatchObject({ planned: 2 + 2 + 4 + 1, refused: 0, isComplete: true });
  expect(await warmUp({ known, registered, policies: {}, budgetMs: 60_000, logger })).toMatchObject({ planned: 0 });
});

it('ends when its time is over, or at once when it is told to', async () => {
  const { known } = localGraph({ rates: { sdl: 'type Query { rate: Int rates: [Int] }', resolvers: {} } }).pipeline;
  const given = { known, policies: {}, logger, registered: [{ client: 'app', name: 'Rate', body: '{ rate }' }] };
  expect(await warmUp({ ...given, budgetMs: 0 })).toMatchObject({ planned: 0, isComplete: false });
  const signal = AbortSignal.abort();
  expect(await warmUp({ ...given, budgetMs: 60_000, signal })).toMatchObject({ planned: 0, isComplete: false });
});
