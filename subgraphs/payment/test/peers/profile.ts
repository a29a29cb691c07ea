import { newId } from '@paygraph/ids';
import type { KycTier } from '../../src/generated/peers/profile.ts';
import { type PeerServer, startPeerServer } from './server.ts';

/** Names of customers in memory. */
export interface SimulatedProfiles extends PeerServer {
  register(displayName: string, handle?: string): string;
  rename(customerId: string, displayName: string): void;
  putInTier(customerId: string, tier: KycTier): void;
  /** Gives somebody an address and a telephone number. */
  reachAt(customerId: string, names: { readonly email?: string; readonly phone?: string }): void;
}

export async function startProfiles(): Promise<SimulatedProfiles> {
  const names = new Map<string, { id: string; displayName: string; handle: string | null; tier: KycTier }>();
  const addresses = new Map<string, string>();
  const find = ({ handle, email, phone }: { handle?: string; email?: string; phone?: string }) => {
    const byHandle = [...names.values()].find((person) => handle !== undefined && person.handle === handle);
    return byHandle ?? names.get(addresses.get(email ?? phone ?? '') ?? '') ?? null;
  };
  const server = await startPeerServer('profile', {
    customerNames: (args: { ids: string[] }) => args.ids.map((id) => names.get(id) ?? null),
    findCustomers: (args: { lookups: { handle?: string; email?: string; phone?: string }[] }) => args.lookups.map(find),
  });
  return {
    ...server,
    register(displayName, handle) {
      const id = newId('cus');
      names.set(id, { id, displayName, handle: handle ?? null, tier: 'BASIC' });
      return id;
    },
    rename(id, displayName) {
      names.set(id, { id, displayName, handle: null, tier: 'BASIC' });
    },
    putInTier(id, tier) {
      const known = names.get(id);
      if (known) names.set(id, { ...known, tier });
    },
    reachAt(id, { email, phone }) {
      for (const address of [email, phone]) if (address !== undefined) addresses.set(address, id);
    },
  };
}
