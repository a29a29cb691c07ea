export { allocate } from './allocation.ts';
export { type AmountFault, formatAmount, MAX_AMOUNT, type Money, type ParsedAmount, parseAmount } from './amount.ts';
export {
  type Conversion,
  type ConversionResult,
  convertCredit,
  convertDebit,
  midBetweenMinorUnits,
  type Price,
} from './conversion.ts';
export {
  type Currency,
  type CurrencyFacts,
  currencies,
  currencyOf,
  exponentOf,
  isCurrency,
  nameOf,
} from './currency.ts';
export { type Decimal, formatDecimal, parseDecimal } from './decimal.ts';
export { type FeeTerms, feeOn } from './fee.ts';
export {
  afterSpread,
  cross,
  formatRate,
  parseRate,
  type Rate,
  rateOf,
} from './rate.ts';
export { type Captured, nextRefund, type Refunded, type RefundTerms, refundedInAll } from './refund.ts';
export { floorDivide, halfEvenDivide } from './rounding.ts';
