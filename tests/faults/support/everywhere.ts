import type { DatabaseName } from '@paygraph/database';
import { expect, vi } from 'vitest';
import { answerTo } from '../../support/answers.ts';
import type { Customer, TestPlatform } from '../../support/platform.ts';

/** Something of every subgraph, all of which the answer can do without. */
export const everywhere = `{
  viewer { displayName }
  exchangeRate(base: "USD", quote: "EUR") { base spreadBasisPoints }
  wallets { nodes { currency balance { available { currency } } } }
  payments(first: 1) { nodes { kind riskAssessment { decision } } }
}`;

export const askEverywhere = ({ url }: Pick<TestPlatform, 'url'>, { accessToken }: Customer) =>
  answerTo(url, accessToken, everywhere);

/** What it answers somebody with a wallet in dollars and a payment. */
export const wholeFor = ({ name }: Customer) => ({
  viewer: { displayName: name },
  exchangeRate: { base: 'USD', spreadBasisPoints: 50 },
  wallets: { nodes: [{ currency: 'USD', balance: { available: { currency: 'USD' } } }] },
  payments: { nodes: [{ kind: 'TRANSFER', riskAssessment: { decision: 'APPROVE' } }] },
});

/** What of it each subgraph answers: where it stands, and how the answer differs without. */
export const partOf: Readonly<Record<DatabaseName, { readonly path: string; readonly lost: object }>> = {
  profile: { path: 'viewer', lost: { viewer: null } },
  wallet: { path: 'wallets', lost: { wallets: null } },
  payment: { path: 'payments', lost: { payments: null } },
  forex: { path: 'exchangeRate', lost: { exchangeRate: null } },
  ledger: { path: 'wallets.nodes.0.balance', lost: { wallets: { nodes: [{ currency: 'USD', balance: null }] } } },
  risk: {
    path: 'payments.nodes.0.riskAssessment',
    lost: { payments: { nodes: [{ kind: 'TRANSFER', riskAssessment: null }] } },
  },
};

/** What no client is to hear of what is behind the gateway. */
export const inside =
  /127\.0\.0\.1|10\.0\.0\.7|localhost|E[A-Z]*CONN[A-Z]*|:\d{4,5}\b|\.ts\b|node_modules|stack|[Pp]risma|[Pp]ostgre|undici|nginx|<html/;

/** Waits until somebody is answered whole again: by itself, with nothing started anew. */
export const recovered = (platform: Pick<TestPlatform, 'url'>, person: Customer) =>
  vi.waitFor(
    async () => expect(await askEverywhere(platform, person)).toMatchObject({ data: wholeFor(person), errors: [] }),
    { timeout: 60_000, interval: 100 },
  );
