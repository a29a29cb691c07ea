/** The password of every demo account. */
export const demoPassword = 'correct-horse-battery';

/** The accounts that a platform with demo data has; the example that logs in uses the first. */
export const demoAccounts = [
  { email: 'ada@demo.paygraph.dev', role: 'CUSTOMER' },
  { email: 'kofi@demo.paygraph.dev', role: 'CUSTOMER' },
  { email: 'analyst@demo.paygraph.dev', role: 'ANALYST' },
  { email: 'operator@demo.paygraph.dev', role: 'OPERATOR' },
] as const;
