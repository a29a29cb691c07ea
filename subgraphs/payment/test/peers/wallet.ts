import { newId } from '@paygraph/ids';
import { currencyOf, parseAmount } from '@paygraph/money';
import type {
  LimitCaptureInput,
  LimitHoldErrorCode,
  LimitHoldInput,
  LimitHoldStatus,
  WalletStatus,
} from '../../src/generated/peers/wallet.ts';
import { type PeerServer, startPeerServer } from './server.ts';

interface Wallet {
  readonly id: string;
  readonly ownerId: string;
  readonly currency: string;
  status: WalletStatus;
  /** In minor units; no limit unless set. */
  dailyLimit: bigint | undefined;
  paymentLimit: bigint | undefined;
}

interface Hold {
  readonly walletId: string;
  amount: bigint;
  status: Exclude<LimitHoldStatus, 'REFUSED'>;
}

/** Wallets and their limits in memory: one hold per payment, released for good. */
export interface SimulatedWallets extends PeerServer {
  open(ownerId: string, currency: string): string;
  setStatus(walletId: string, status: WalletStatus): void;
  setLimits(walletId: string, limits: { readonly daily?: bigint; readonly payment?: bigint }): void;
  /** Where the hold of a payment stands. */
  holdOf(paymentId: string): LimitHoldStatus | undefined;
  /** Held and used in all, in minor units. */
  taken(walletId: string): bigint;
}

export async function startWallets(): Promise<SimulatedWallets> {
  const wallets = new Map<string, Wallet>();
  const holds = new Map<string, Hold>();
  const taken = (walletId: string) =>
    [...holds.values()]
      .filter((hold) => hold.walletId === walletId && hold.status !== 'RELEASED')
      .reduce((total, { amount }) => total + amount, 0n);

  const reserve = ({ paymentId, walletId, amount }: LimitHoldInput) => {
    const refused = (code: LimitHoldErrorCode) => ({ paymentId, status: 'REFUSED', code });
    const before = holds.get(paymentId);
    if (before?.status === 'RELEASED') return refused('HOLD_RELEASED');
    if (before) return { paymentId, status: before.status, code: null };
    const wallet = wallets.get(walletId);
    if (!wallet) return refused('WALLET_NOT_FOUND');
    if (wallet.status !== 'ACTIVE' && wallet.status !== 'FROZEN_IN') return refused('WALLET_NOT_ACTIVE');
    const asked = minorUnits(amount);
    if (wallet.paymentLimit !== undefined && asked > wallet.paymentLimit) return refused('PER_PAYMENT_LIMIT_EXCEEDED');
    if (wallet.dailyLimit !== undefined && taken(walletId) + asked > wallet.dailyLimit)
      return refused('DAILY_LIMIT_EXCEEDED');
    holds.set(paymentId, { walletId, amount: asked, status: 'HELD' });
    return { paymentId, status: 'HELD', code: null };
  };
  const use = (paymentId: string, captured: LimitCaptureInput | undefined) => {
    const hold = holds.get(paymentId);
    if (!hold) return { paymentId, status: 'REFUSED', code: 'HOLD_NOT_FOUND' };
    if (hold.status === 'RELEASED') return { paymentId, status: 'REFUSED', code: 'HOLD_RELEASED' };
    if (hold.status === 'HELD' && captured) hold.amount = minorUnits(captured.amount);
    hold.status = 'USED';
    return { paymentId, status: 'USED', code: null };
  };
  const release = (paymentId: string) => {
    const hold = holds.get(paymentId);
    if (hold) hold.status = 'RELEASED';
    else holds.set(paymentId, { walletId: '', amount: 0n, status: 'RELEASED' });
    return { paymentId, status: 'RELEASED', code: null };
  };

  const server = await startPeerServer('wallet', {
    walletFacts: (args: { ids: string[] }) => args.ids.map((id) => wallets.get(id) ?? null),
    payeeWallets: (args: { payees: { ownerId: string; currency: string }[] }) =>
      args.payees.map((payee) => {
        const own = [...wallets.values()].filter(
          ({ ownerId, currency, status }) =>
            ownerId === payee.ownerId && currency === payee.currency && status !== 'CLOSED',
        );
        return own.find(({ status }) => status === 'ACTIVE' || status === 'FROZEN_OUT') ?? own[0] ?? null;
      }),
    reserveLimits: (args: { holds: LimitHoldInput[] }) => args.holds.map(reserve),
    useLimits: (args: { paymentIds: string[]; captured?: LimitCaptureInput[] }) =>
      args.paymentIds.map((id) =>
        use(
          id,
          args.captured?.find(({ paymentId }) => paymentId === id),
        ),
      ),
    releaseLimits: (args: { paymentIds: string[] }) => args.paymentIds.map(release),
  });
  const wallet = (id: string) => {
    const found = wallets.get(id);
    if (!found) throw new Error(`no wallet ${id}`);
    return found;
  };
  return {
    ...server,
    open(ownerId, currency) {
      const id = newId('wal');
      wallets.set(id, { id, ownerId, currency, status: 'ACTIVE', dailyLimit: undefined, paymentLimit: undefined });
      return id;
    },
    setStatus(id, status) {
      wallet(id).status = status;
    },
    setLimits(id, { daily, payment }) {
      wallet(id).dailyLimit = daily;
      wallet(id).paymentLimit = payment;
    },
    holdOf: (paymentId) => holds.get(paymentId)?.status,
    taken,
  };
}

function minorUnits({ amount, currency }: LimitHoldInput['amount']): bigint {
  const parsed = parseAmount(amount, currencyOf(currency));
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.money.amount;
}
