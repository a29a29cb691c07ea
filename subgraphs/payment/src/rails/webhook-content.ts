import { currencyOf, type Money } from '@paygraph/money';
import type { RailEvent, VerifiedWebhook } from '@paygraph/rails';

type Content = Exclude<VerifiedWebhook, { kind: 'REJECTED' }>;

/** What was verified, as JSON: amounts as strings, which JSON's numbers could not hold. */
export function stored(content: Content): object {
  return JSON.parse(JSON.stringify(content, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)));
}

/** What was verified, from what was stored by us. */
export function contentFrom(value: unknown): Content {
  // Written by `stored` in the same transaction as the row, from a typed value: its shape is known.
  const content = value as Content;
  return content.kind === 'NUDGE' ? content : { kind: 'EVENTS', events: content.events.map(eventFrom) };
}

function eventFrom(event: RailEvent): RailEvent {
  if (event.kind === 'CREDIT') return { ...event, amount: moneyFrom(event.amount) };
  const { news } = event;
  switch (news.kind) {
    case 'ACCEPTED':
    case 'REFUSED':
      return event;
    case 'RETURNED':
      return { ...event, news: { ...news, amount: moneyFrom(news.amount) } };
    case 'CONFIRMED': {
      const [amount, charge] = [news.amount && moneyFrom(news.amount), news.charge && moneyFrom(news.charge)];
      return { ...event, news: { ...news, amount, charge } };
    }
  }
}

function moneyFrom({ amount, currency }: Money): Money {
  return { amount: BigInt(amount), currency: currencyOf(currency) };
}
