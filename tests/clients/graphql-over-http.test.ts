import { type Audit, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWallets, type Wallets } from './support/wallets.ts';

let wallets: Wallets;
beforeAll(async () => {
  wallets = await startWallets();
});
afterAll(() => wallets.federation.stop());

const audits: readonly Audit[] = serverAudits({ url: () => wallets.federation.url });

/** The specification's own list of what a server must, should and may do. */
describe('GraphQL over HTTP', () => {
  it('has been written down in audits', () => {
    expect(audits.length).toBeGreaterThan(50);
  });

  it.each(audits.filter(({ name }) => !name.startsWith('MAY')).map(({ id, name, fn }) => ({ id, name, fn })))(
    '$id: the gateway $name',
    async ({ fn }) => {
      const result = await fn();
      expect(result.status === 'ok' ? 'ok' : result.reason).toBe('ok');
    },
  );
});
