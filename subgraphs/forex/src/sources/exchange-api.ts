import { currencyOf, isCurrency } from '@paygraph/money';
import type { Clock } from '@paygraph/service';
import { z } from 'zod';
import { isStorableRate, type Observation } from '../rates/observation.ts';
import { decimalOf, parseExactJson } from './exact-json.ts';
import { type RateSource, RateSourceError, type RateSourceFault } from './rate-source.ts';

/** The publisher, whose rates of one day also come with the code. */
export const exchangeApiName = 'fawazahmed0/exchange-api';

export interface ExchangeApiOptions {
  /** The address of its `usd.json`, such as `https://latest.currency-api.pages.dev/v1/currencies/usd.json`. */
  readonly url: string;
  readonly clock: Clock;
  /** Longest time in ms from the request to the last byte. */
  readonly timeoutMs?: number;
}

/** The real file has some 10 kB. */
const MAX_BYTES = 1024 * 1024;

/** A publisher's day may begin before ours. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1_000;

const answerShape = z.object({ date: z.iso.date(), usd: z.record(z.string(), z.string()) });

/**
 * Live rates in the wire format of fawazahmed0/exchange-api: `{ "date": "2026-09-29", "usd": { "eur": 0.88022588, … } }`,
 * one file a day, all currencies and many tokens, of which those of ISO 4217 are taken. The day is the publisher's: an
 * answer that no longer moves on grows old however often it is read.
 */
export function exchangeApi({ url, clock, timeoutMs = 10_000 }: ExchangeApiOptions): RateSource {
  const fail = (fault: RateSourceFault, message: string, cause?: unknown) =>
    new RateSourceError(exchangeApiName, fault, message, cause);

  const fetchText = async (signal: AbortSignal): Promise<string> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw fail('UNAVAILABLE', `answered ${response.status}`);
      }
      return await textOf(response, fail);
    } catch (error) {
      if (error instanceof RateSourceError) throw error;
      if (timeout.aborted) throw fail('TIMED_OUT', `no whole answer within ${timeoutMs} ms`, error);
      throw fail('UNREACHABLE', 'does not answer', error);
    }
  };

  const parse = (text: string): z.output<typeof answerShape> => {
    try {
      return answerShape.parse(parseExactJson(text));
    } catch (error) {
      throw fail('MALFORMED', 'the answer is not rates by currency', error);
    }
  };

  const observation = (code: string, observedAt: Date, text: string): Observation[] => {
    if (!isCurrency(code)) return [];
    const unitsPerUsd = decimalOf(text);
    if (!unitsPerUsd || !isStorableRate(unitsPerUsd)) throw fail('MALFORMED', `${text} is not a rate of ${code}`);
    return [{ currency: code, observedAt, kind: 'SPOT', unitsPerUsd }];
  };

  return {
    name: exchangeApiName,
    async read(signal) {
      const { date, usd } = parse(await fetchText(signal));
      const observedAt = new Date(`${date}T00:00:00Z`);
      if (observedAt.getTime() > clock().getTime() + MAX_AHEAD_MS) throw fail('MALFORMED', `${date} is yet to come`);
      const rates = Object.entries(usd).flatMap(([code, text]) => observation(code.toUpperCase(), observedAt, text));
      const dollar = rates.find(({ currency }) => currency === currencyOf('USD'))?.unitsPerUsd;
      if (dollar?.coefficient !== 10n ** BigInt(dollar?.scale ?? 0))
        throw fail('MALFORMED', 'a dollar is not a dollar');
      return rates;
    },
  };
}

async function textOf(
  response: Response,
  fail: (fault: RateSourceFault, message: string) => RateSourceError,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw fail('MALFORMED', `the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
