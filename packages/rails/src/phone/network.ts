import parsePhoneNumber from 'libphonenumber-js/mobile';
import type { MobileNetwork } from '../instruction.ts';

/**
 * The networks that Ghana's mobile prefixes were given to, by the first two digits of the national number: the National
 * Communications Authority's numbering plan, as Google's libphonenumber keeps it in `resources/carrier/en/233.txt`
 * (read 2026-11), with today's names: Vodafone became Telecel in 2024, Airtel and tiGO became AirtelTigo in 2017.
 */
const ghana: Readonly<Record<string, MobileNetwork>> = {
  '20': 'TELECEL',
  '50': 'TELECEL',
  '24': 'MTN',
  '25': 'MTN',
  '53': 'MTN',
  '54': 'MTN',
  '55': 'MTN',
  '59': 'MTN',
  '26': 'AIRTELTIGO',
  '27': 'AIRTELTIGO',
  '56': 'AIRTELTIGO',
  '57': 'AIRTELTIGO',
};

export interface MobileNumber {
  /** E.164, such as `+233241234567`. */
  readonly phoneNumber: string;
  /** ISO 3166-1, such as `GH`. */
  readonly country: string;
  /**
   * The network that the number's prefix was given to; undefined where we know no prefixes. Numbers are portable between
   * networks, so this is where to try first, and a network that the customer names comes before it.
   */
  readonly network: MobileNetwork | undefined;
}

/** Reads a mobile number in E.164; undefined for everything that is not a valid one. */
export function readMobileNumber(text: string): MobileNumber | undefined {
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return undefined;
  const number = parsePhoneNumber(text);
  if (!number?.isValid() || number.country === undefined) return undefined;
  const network = number.country === 'GH' ? ghana[number.nationalNumber.slice(0, 2)] : undefined;
  return { phoneNumber: number.number, country: number.country, network };
}

/** The number without its `+`: how most operators write it. */
export function msisdnOf(phoneNumber: string): string {
  return phoneNumber.replace(/^\+/, '');
}

/** The number without its country's code and trunk prefix: how Airtel's API wants it. */
export function nationalNumberOf(phoneNumber: string): string {
  return parsePhoneNumber(phoneNumber)?.nationalNumber ?? msisdnOf(phoneNumber);
}
