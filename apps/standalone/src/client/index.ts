export { createGraphClient, type GraphClient, type GraphError, GraphRequestError } from './graph-client.ts';
export * as operations from './operations.ts';
export {
  balanceOf,
  type Deposit,
  type OutsideParty,
  openWallet,
  type Person,
  pay,
  personWith,
  quotePayment,
  type Route,
  recordDeposit,
  registerPerson,
  type Step,
  signIn,
  watchPayment,
} from './person.ts';
