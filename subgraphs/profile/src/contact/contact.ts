import { createHash, randomInt } from 'node:crypto';
import type { ContactKind } from '../generated/prisma/enums.ts';

/** Where somebody is reached. */
export interface Contact {
  readonly kind: ContactKind;
  /** The e-mail address in lower case, or the telephone number in E.164. */
  readonly address: string;
}

/** How long a code holds, how often it may be tried, and how many are sent. */
export const codeRules = {
  digits: 6,
  lifeMs: 10 * 60_000,
  tries: 5,
  /** Between two codes for one contact of one person. */
  pauseMs: 60_000,
  /** To one address, whoever asks: a stranger's telephone is not rung all day. */
  perAddressAndHour: 5,
  /** To one person, wherever: with five tries each, one chance in 20,000 a day to guess one. */
  perPersonAndDay: 10,
} as const;

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/** How far back anything depends on codes that were sent. */
export const codeMemoryMs = dayMs;

/** The spans over which codes are counted, from now. */
export function windowsAt(now: Date): { readonly pause: Date; readonly hour: Date; readonly day: Date } {
  const before = (ms: number) => new Date(now.getTime() - ms);
  return { pause: before(codeRules.pauseMs), hour: before(hourMs), day: before(dayMs) };
}

/** A fresh code: digits, any of which may be zero. */
export function newCode(): string {
  return String(randomInt(10 ** codeRules.digits)).padStart(codeRules.digits, '0');
}

/** A code as somebody typed it, or undefined for what can be none. */
export function readCode(text: string): string | undefined {
  const digits = text.replace(/[\s-]/g, '');
  return digits.length === codeRules.digits && /^\d+$/.test(digits) ? digits : undefined;
}

/** SHA-256: the addresses that codes went to are not kept. */
export function hashOfAddress({ kind, address }: Contact): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(`${kind} ${address}`).digest());
}
