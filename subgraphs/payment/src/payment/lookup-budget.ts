import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * How often somebody may name people who turn out to be nobody, so that a list of addresses cannot be tried out for who is
 * a customer. Finding somebody costs nothing.
 */
export interface LookupBudget {
  /** Takes one try; false when there is none left. */
  take(customerId: string): Promise<boolean>;
  /** Gives it back: it led to somebody. */
  giveBack(customerId: string): Promise<void>;
}

/** Counts in this process: with several, each allows as many. @param tries in `seconds` */
export function createLookupBudget({ tries, seconds }: { tries: number; seconds: number }): LookupBudget {
  const limiter = new RateLimiterMemory({ points: tries, duration: seconds });
  return {
    async take(customerId) {
      try {
        await limiter.consume(customerId);
        return true;
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return false;
        throw refusal;
      }
    },
    async giveBack(customerId) {
      await limiter.reward(customerId);
    },
  };
}
