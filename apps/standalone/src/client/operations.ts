export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** What every payload of a mutation carries. */
export interface Refusals {
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

export const register = `mutation Register($input: RegisterInput!) {
  register(input: $input) {
    session { accessToken customer { id displayName } }
    userErrors { code message }
  }
}`;
export interface Register {
  readonly register: Refusals & {
    readonly session: {
      readonly accessToken: string;
      readonly customer: { readonly id: string; readonly displayName: string };
    } | null;
  };
}

export const logIn = `mutation LogIn($input: LogInInput!) {
  logIn(input: $input) { session { accessToken } userErrors { code message } }
}`;
export interface LogIn {
  readonly logIn: Refusals & { readonly session: { readonly accessToken: string } | null };
}

export const wallets = `query Wallets {
  wallets(first: 100) { nodes { id currency } }
}`;
export interface Wallets {
  readonly wallets: { readonly nodes: readonly { readonly id: string; readonly currency: string }[] };
}

export const openWallet = `mutation OpenWallet($input: OpenWalletInput!) {
  openWallet(input: $input) { wallet { id } userErrors { code message } }
}`;
export interface OpenWallet {
  readonly openWallet: Refusals & { readonly wallet: { readonly id: string } | null };
}

export const recordDeposit = `mutation RecordDeposit($input: RecordDepositInput!) {
  recordDeposit(input: $input) { payment { id } userErrors { code message } }
}`;
export interface RecordDeposit {
  readonly recordDeposit: Refusals & { readonly payment: { readonly id: string } | null };
}

export const createQuote = `mutation CreateQuote($input: CreatePaymentQuoteInput!) {
  createPaymentQuote(input: $input) {
    quote {
      id
      debit { amount currency }
      credit { amount currency }
      fees { label amount { amount currency } }
      exchangeRate
      expiresAt
    }
    userErrors { code message }
  }
}`;
export interface Quote {
  readonly id: string;
  readonly debit: Money;
  readonly credit: Money;
  readonly fees: readonly { readonly label: string; readonly amount: Money }[];
  readonly exchangeRate: string | null;
  readonly expiresAt: string;
}
export interface CreateQuote {
  readonly createPaymentQuote: Refusals & { readonly quote: Quote | null };
}

export const createPayment = `mutation CreatePayment($input: CreatePaymentInput!) {
  createPayment(input: $input) { payment { id state } replayed userErrors { code message } }
}`;
export interface CreatePayment {
  readonly createPayment: Refusals & {
    readonly payment: { readonly id: string; readonly state: string } | null;
    readonly replayed: boolean;
  };
}

export const paymentState = `query PaymentState($id: ID!) {
  payment(id: $id) { state failure { code message } }
}`;
export interface PaymentState {
  readonly payment: { readonly state: string; readonly failure: { readonly code: string } | null } | null;
}

export const balance = `query Balance($id: ID!) {
  wallet(id: $id) { label balance { available { amount currency } } }
}`;
export interface Balance {
  readonly wallet: { readonly label: string; readonly balance: { readonly available: Money } | null } | null;
}

/** Each step with the payment as it then is, from five subgraphs: payment, wallet, ledger, profile's names, risk. */
export const watch = `subscription Watch($id: ID!, $afterSequence: Int! = 0) {
  paymentStateChanged(paymentId: $id, afterSequence: $afterSequence) {
    sequence
    state
    settled
    payment {
      amount { amount currency }
      payer { displayName wallet { label balance { available { amount currency } } } }
      payee { displayName }
      riskAssessment { decision }
    }
  }
}`;
export interface Watch {
  readonly paymentStateChanged: {
    readonly sequence: number;
    readonly state: string;
    readonly settled: boolean;
    readonly payment: {
      readonly amount: Money;
      readonly payer: {
        readonly displayName: string;
        readonly wallet: { readonly balance: { readonly available: Money } | null } | null;
      };
      readonly payee: { readonly displayName: string };
      readonly riskAssessment: { readonly decision: string } | null;
    };
  };
}

export const books = `query Books($payment: ID!) {
  payment(id: $payment) {
    ledgerTransactions {
      kind
      entries { direction amount { amount currency } account { purpose } }
    }
  }
  trialBalance { currency debits { amount } credits { amount } balanced }
}`;
export interface Books {
  readonly payment: {
    readonly ledgerTransactions: readonly {
      readonly kind: string;
      readonly entries: readonly {
        readonly direction: 'DEBIT' | 'CREDIT';
        readonly amount: Money;
        readonly account: { readonly purpose: string } | null;
      }[];
    }[];
  } | null;
  readonly trialBalance: readonly {
    readonly currency: string;
    readonly debits: { readonly amount: string };
    readonly credits: { readonly amount: string };
    readonly balanced: boolean;
  }[];
}
