import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { limitUsageFaults } from './index.ts';
import { type Person, startWalletServer, type WalletFields, type WalletServer } from './server.ts';

const fields = `id label currency status freeze { direction origin reason at } createdAt owner { id }
  limits { perPayment { amount currency } daily { amount } dailyUsed { amount } dailyRemaining { amount }
    tier monthly { amount } monthlyUsed { amount } monthlyRemaining { amount } maximumBalance { amount } }`;
export const openDocument = `mutation ($input: OpenWalletInput!) {
  openWallet(input: $input) { wallet { ${fields} } userErrors { code field message } }
}`;
const freezeDocument = `mutation ($input: FreezeWalletInput!) {
  freezeWallet(input: $input) { wallet { id status freeze { direction origin reason } } userErrors { code field } }
}`;
const unfreezeDocument = `mutation ($input: UnfreezeWalletInput!) {
  unfreezeWallet(input: $input) { wallet { id status freeze { origin } } userErrors { code field } }
}`;
export const walletDocument = `query ($id: ID!) { wallet(id: $id) { ${fields} } }`;

/** The codes of the user errors of a mutation. */
export function codesOf(outcome: { userErrors: readonly { code: string }[] }): string[] {
  return outcome.userErrors.map(({ code }) => code);
}

/** The code of the first error of an answer. */
export function errorCode({ errors }: { errors?: readonly { extensions: Record<string, unknown> }[] }): unknown {
  return errors?.[0]?.extensions.code;
}

/** A wallet subgraph for the tests of a file, and for each test a customer and an operator who have never been there. */
export function useWallets() {
  let server!: WalletServer;
  let ada!: Person;
  let operator!: Person;
  const the = {
    get server() {
      return server;
    },
    get ada() {
      return ada;
    },
    get operator() {
      return operator;
    },

    open: async (input: object, person = ada) => (await the.server.post(openDocument, { input }, person.token)).data,

    async opened(currency = 'USD', person = ada): Promise<WalletFields> {
      const { wallet } = (await the.open({ currency }, person)).openWallet;
      if (wallet) return wallet;
      throw new Error('No wallet was opened');
    },

    find: async (id: string, person: Person) =>
      (await the.server.post(walletDocument, { id }, person.token)).data.wallet,

    freeze: (walletId: string, direction: string, person: Person, reason?: string) =>
      the.server.post(freezeDocument, { input: { walletId, direction, reason } }, person.token),

    unfreeze: (walletId: string, person: Person) =>
      the.server.post(unfreezeDocument, { input: { walletId } }, person.token),
  };
  beforeAll(async () => {
    server = await startWalletServer();
  });
  afterAll(async () => {
    expect(await limitUsageFaults(server.databaseUrl)).toEqual([]);
    await server.stop();
  });
  beforeEach(() => {
    server.ledger.trouble = 'none';
    server.peers.profileDown = false;
    ada = server.signIn('CUSTOMER');
    operator = server.signIn('OPERATOR');
  });
  return the;
}
