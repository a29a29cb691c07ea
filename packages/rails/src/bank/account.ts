import { electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools';

/**
 * Reads an IBAN as people write it, with or without spaces, and gives its electronic form; undefined unless country,
 * length, structure and check digits (ISO 13616, MOD 97-10) are right.
 */
export function readIban(text: string): string | undefined {
  const iban = electronicFormatIBAN(text.trim());
  return iban !== null && isValidIBAN(iban) ? iban : undefined;
}

/** Reads a BIC (ISO 9362) of 8 or 11 characters; undefined when it is not one. */
export function readBic(text: string): string | undefined {
  const bic = text.trim().toUpperCase();
  return isValidBIC(bic) ? bic : undefined;
}
