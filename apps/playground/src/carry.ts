import { isRecord, textAt, valueAt } from './json.ts';

/** Who is logged in, as far as the Playground knows. */
export interface Session {
  readonly accessToken: string;
  readonly displayName: string | undefined;
  readonly expiresAt: string | undefined;
}

/** What answers so far have left for the tabs opened after them. */
export interface Carried {
  readonly session: Session | undefined;
  /** Values for variables of these names, wherever a tab has them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The wallet that each customer whose wallets were listed can be paid into. */
  readonly payeeWallets: Readonly<Record<string, string>>;
}

/** What changes `Carried`. `freshKey` is a new idempotency key, in case this answer used up the one before. */
export type CarryEvent =
  | { readonly kind: 'answered'; readonly data: unknown; readonly freshKey: string }
  | { readonly kind: 'logged-out' };

/** The texts of a tab that carrying reads and writes. */
export interface TabTexts {
  readonly query: string;
  readonly variables: string;
  readonly headers: string;
}

/** What a Playground starts with: nothing but an idempotency key. */
export function nothingCarried(freshKey: string): Carried {
  return { session: undefined, variables: { idempotencyKey: freshKey }, payeeWallets: {} };
}

/** What is carried after an event. Looks only at fields by their names in the schema; an alias hides them. */
export function carry(before: Carried, event: CarryEvent): Carried {
  if (event.kind === 'logged-out') return { ...before, session: undefined };
  const session = sessionIn(event.data) ?? before.session;
  const { payeeWallets, ...wallets } = walletsIn(event.data, before.payeeWallets);
  const variables = { ...before.variables, ...wallets.variables, ...idsIn(event.data, event.freshKey) };
  return { session, variables, payeeWallets };
}

/**
 * The texts of a tab once it has what is carried `now`, given what it was last `brought`. Only what is new since then is
 * written, so that what a person has typed over it stays. Texts that are not JSON objects are left alone.
 */
export function bring(tab: TabTexts, brought: Carried | undefined, now: Carried): TabTexts {
  const fresh = Object.entries(now.variables).filter(([name, value]) => brought?.variables[name] !== value);
  const variables = rewriteJson(tab.variables, (values) => {
    const wanted = fresh.filter(([name]) => name in values);
    return wanted.length === 0 ? values : { ...values, ...Object.fromEntries(wanted) };
  });
  if (brought?.session === now.session || startsSession(tab.query)) return { ...tab, variables };
  return { ...tab, variables, headers: withAuthorization(tab.headers, now.session) };
}

/** Operations that need no token, and that an expired one would only have refused. */
function startsSession(query: string): boolean {
  return /\b(logIn|register|refreshSession)\b/.test(query);
}

function withAuthorization(headers: string, session: Session | undefined): string {
  return rewriteJson(headers.trim() === '' ? '{}' : headers, (values) => {
    const others = Object.entries(values).filter(([name]) => name.toLowerCase() !== 'authorization');
    const token = session === undefined ? [] : [['authorization', `Bearer ${session.accessToken}`] as const];
    return Object.fromEntries([...others, ...token]);
  });
}

function rewriteJson(text: string, rewrite: (values: Record<string, unknown>) => Record<string, unknown>): string {
  try {
    const values: unknown = JSON.parse(text);
    if (!isRecord(values)) return text;
    const rewritten = rewrite(values);
    return rewritten === values ? text : JSON.stringify(rewritten, null, 2);
  } catch {
    return text;
  }
}

function sessionIn(data: unknown): Session | undefined {
  for (const field of ['logIn', 'register', 'refreshSession']) {
    const session = valueAt(data, field, 'session');
    const accessToken = textAt(session, 'accessToken');
    if (accessToken === undefined) continue;
    return {
      accessToken,
      displayName: textAt(session, 'customer', 'displayName'),
      expiresAt: textAt(session, 'accessTokenExpiresAt'),
    };
  }
  return undefined;
}

/**
 * From a list of the viewer's wallets: their dollars (or else their first wallet) pay; paid are the euros (or else another wallet)
 * of somebody else whose wallets were listed before, or else their own.
 */
function walletsIn(data: unknown, before: Carried['payeeWallets']): Pick<Carried, 'variables' | 'payeeWallets'> {
  const viewerId = textAt(data, 'viewer', 'id');
  const nodes = valueAt(data, 'viewer', 'wallets', 'nodes');
  if (viewerId === undefined || !Array.isArray(nodes)) return { variables: {}, payeeWallets: before };
  const walletIn = (currency: string) => nodes.find((wallet) => textAt(wallet, 'currency') === currency);
  const payer = textAt(walletIn('USD') ?? nodes[0], 'id');
  const own = textAt(walletIn('EUR') ?? nodes.find((wallet) => textAt(wallet, 'id') !== payer), 'id');
  const payeeWallets = own === undefined ? before : { ...before, [viewerId]: own };
  const payee = Object.entries(before).find(([customerId]) => customerId !== viewerId)?.[1] ?? own;
  return {
    variables: {
      ...(payer === undefined ? {} : { payerWalletId: payer }),
      ...(payee === undefined ? {} : { payeeWalletId: payee }),
    },
    payeeWallets,
  };
}

function idsIn(data: unknown, freshKey: string): Record<string, string> {
  const quoteId = textAt(data, 'createPaymentQuote', 'quote', 'id');
  const paymentId = textAt(data, 'createPayment', 'payment', 'id');
  return {
    ...(quoteId === undefined ? {} : { quoteId }),
    ...(paymentId === undefined ? {} : { paymentId, idempotencyKey: freshKey }),
  };
}
