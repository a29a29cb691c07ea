import { describe, expect, it } from 'vitest';
import type { NotSent } from '../outcome.ts';
import type { HttpOutcome } from './client.ts';
import { createTokenSource, type IssuedToken, withToken } from './token.ts';

/** A rail that issues tokens 1, 2, 3 …, each good for two minutes. */
function issuer() {
  let issued = 0;
  let now = 0;
  const tokens = createTokenSource(
    async (): Promise<IssuedToken> => {
      issued += 1;
      const value = String(issued);
      await Promise.resolve();
      return { kind: 'TOKEN', value, lifetimeMs: 120_000 };
    },
    () => now,
  );
  return {
    tokens,
    issued: () => issued,
    pass: (ms: number) => {
      now += ms;
    },
  };
}
const answer = (status: number): HttpOutcome => ({ kind: 'ANSWER', status, body: '', retryAfterMs: undefined });
const is401 = (outcome: HttpOutcome) => outcome.kind === 'ANSWER' && outcome.status === 401;

describe('a token', () => {
  it('is asked for once by many at the same moment, and kept', async () => {
    const { tokens, issued } = issuer();
    const all = await Promise.all([tokens.current(), tokens.current(), tokens.current()]);
    expect(all).toMatchObject([{ value: '1' }, { value: '1' }, { value: '1' }]);
    expect(await tokens.current()).toMatchObject({ value: '1' });
    expect(issued()).toBe(1);
  });

  it('is replaced before it ends', async () => {
    const { tokens, pass } = issuer();
    await tokens.current();
    pass(89_999);
    expect(await tokens.current()).toMatchObject({ value: '1' });
    pass(1);
    expect(await tokens.current()).toMatchObject({ value: '2' });
  });

  it('that many were refused with is renewed once', async () => {
    const { tokens, issued } = issuer();
    await tokens.current();
    const all = await Promise.all([tokens.renew('1'), tokens.renew('1'), tokens.renew('1')]);
    expect(all).toMatchObject([{ value: '2' }, { value: '2' }, { value: '2' }]);
    expect(await tokens.renew('1')).toMatchObject({ value: '2' });
    expect(issued()).toBe(2);
  });

  it('that is not to be had means that nothing was sent, and is asked for again', async () => {
    const refusal: NotSent = { kind: 'NOT_SENT', why: 'no token' };
    let refusals = 1;
    const tokens = createTokenSource(async () => {
      if (refusals === 0) return { kind: 'TOKEN', value: 'late', lifetimeMs: 60_000 };
      refusals -= 1;
      return refusal;
    });
    const call = async () => answer(202);
    expect(await withToken(tokens, call, is401)).toEqual(refusal);
    expect(await withToken(tokens, call, is401)).toEqual(answer(202));
  });

  it('that the rail has forgotten costs one more call', async () => {
    const { tokens } = issuer();
    const used: string[] = [];
    const call = async (token: string) => {
      used.push(token);
      return answer(token === '1' ? 401 : 202);
    };
    expect(await withToken(tokens, call, is401)).toEqual(answer(202));
    expect(used).toEqual(['1', '2']);
  });

  it('that is refused however fresh means that nothing was sent', async () => {
    const { tokens } = issuer();
    expect(await withToken(tokens, async () => answer(401), is401)).toMatchObject({ kind: 'NOT_SENT' });
  });
});
