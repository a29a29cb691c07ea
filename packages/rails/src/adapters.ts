export type { AdapterOptions } from './adapter.ts';
export { type AirtelTigoOptions, createAirtelTigoMoney } from './airteltigo-money/adapter.ts';
export { readBic, readIban } from './bank/account.ts';
export { type BankOptions, createBank } from './bank/adapter.ts';
export { createMtnMomo, type MtnMomoOptions, type MtnProduct } from './mtn-momo/adapter.ts';
export { type MobileNumber, msisdnOf, nationalNumberOf, readMobileNumber } from './phone/network.ts';
export { createRails, type RailConfig, type Rails, railEnvironment } from './rails.ts';
export { createTelecelCash, type TelecelCashOptions } from './telecel-cash/adapter.ts';
export { type RailTerms, readTerms } from './terms.ts';
