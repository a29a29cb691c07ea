import { currencyOf, formatRate } from '@paygraph/money';
import { createLogger } from '@paygraph/service';
import { describe, expect, it } from 'vitest';
import { createDollarRates } from './dollar-rates.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const logger = createLogger({ service: 'risk', level: 'silent' });

/** Rates at a time that the test moves, from a forex that answers, fails or is silent as the test says. */
function rates() {
  let now = 0;
  let calls = 0;
  let answer = async (mid: string) => [{ quote: 'EUR', mid }];
  const dollarRates = createDollarRates({
    fetchRates: () => {
      calls += 1;
      return answer(`0.${calls}`);
    },
    clock: () => new Date(now),
    logger,
  });
  return {
    pass: (ms: number) => (now += ms),
    fail: () => (answer = () => Promise.reject(new Error('forex is away'))),
    hang: () => (answer = () => new Promise(() => {})),
    of: async (code: string) => {
      const rate = (await dollarRates())(currencyOf(code));
      return rate && formatRate(rate);
    },
  };
}

describe("the dollar's rates", () => {
  it('have the dollar itself at one, and nothing for a currency without a rate', async () => {
    const { of } = rates();
    expect([await of('USD'), await of('EUR'), await of('GHS')]).toEqual(['1', '0.1', undefined]);
  });

  it('are kept for five minutes and then renewed', async () => {
    const { of, pass } = rates();
    await of('EUR');
    pass(5 * minutes);
    expect(await of('EUR')).toBe('0.1');
    pass(1);
    await expect.poll(() => of('EUR')).toBe('0.2');
  });

  it('serve for a day while forex does not answer, and make nobody wait for it', async () => {
    const { of, pass, hang } = rates();
    await of('EUR');
    hang();
    pass(24 * hours);
    expect(await of('EUR')).toBe('0.1');
  });

  it('are unknown after a day, and while there never were any', async () => {
    const { of, pass, fail } = rates();
    await of('EUR');
    fail();
    pass(24 * hours + 1);
    expect(await of('EUR')).toBeUndefined();
    const never = rates();
    never.fail();
    expect(await never.of('EUR')).toBeUndefined();
    // A dollar is worth one whatever forex says, or does not.
    expect([await of('USD'), await never.of('USD')]).toEqual(['1', '1']);
  });
});
