import { MockAgent } from 'undici';
import type { AdapterOptions } from '../adapter.ts';
import { readTerms } from '../terms.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An operator that answers every call as it is told, and remembers what it was asked. */
export interface Operator {
  readonly received: Received[];
  readonly options: Omit<AdapterOptions, 'terms'>;
  answer(path: RegExp, status: number, body: unknown): void;
}

const baseUrl = 'http://operator.test';

export function createOperator(): Operator {
  const received: Received[] = [];
  const answers: { path: RegExp; status: number; body: unknown }[] = [];
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher
    .get(baseUrl)
    .intercept({ path: () => true, method: () => true })
    .reply(({ method, path, headers, body }) => {
      const given = Object.entries(headers as Record<string, string>).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]);
      received.push({ method, path, headers: Object.fromEntries(given), body: typeof body === 'string' ? body : '' });
      const found = answers.findLast((one) => one.path.test(path));
      if (!found) throw new Error(`Nobody said what to answer to ${path}`);
      const data = found.body === null ? '' : typeof found.body === 'string' ? found.body : JSON.stringify(found.body);
      return { statusCode: found.status, data };
    })
    .persist();
  return {
    received,
    options: { baseUrl, dispatcher, timeoutMs: 5_000 },
    answer: (path, status, body) => void answers.push({ path, status, body }),
  };
}

/** Terms of one rail that carries the currencies of the examples. */
export function termsOf(currency: string) {
  const terms = readTerms(JSON.stringify({ rail: { [currency]: { min: '0', max: '100000' } } })).get('rail');
  if (!terms) throw new Error('There are no terms');
  return terms;
}
