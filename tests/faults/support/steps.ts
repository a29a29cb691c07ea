import { connect, type Result, watch } from '@paygraph/gateway/testing';
import type { Person } from '@paygraph/standalone/client';
import type { TestPlatform } from '../../support/platform.ts';

/** What somebody sees of a payment who subscribes once, and never again by themselves. */
export interface Steps {
  /** The numbers of the steps so far. */
  seen(): number[];
  /** The codes of the errors so far. */
  codes(): unknown[];
  results(): readonly Result[];
  /** Whether the subscription has ended, with or without an error. */
  isOver(): boolean;
}

const steps = `subscription ($id: ID!, $after: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $after) { sequence payment { id riskAssessment { decision } } }
}`;

export function watchSteps({ url }: Pick<TestPlatform, 'url'>, person: Person, id: string, after = 0): Steps {
  const client = connect(url.replace('http', 'ws'), `Bearer ${person.accessToken}`);
  const watched = watch(client, { query: steps, variables: { id, after } });
  const step = ({ data }: Result) => data?.paymentStateChanged as { sequence: number } | undefined | null;
  return {
    seen: () => watched.results.flatMap((result) => step(result)?.sequence ?? []),
    codes: () => watched.results.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions?.code)),
    results: () => watched.results,
    isOver: () => watched.end() !== 'open',
  };
}
