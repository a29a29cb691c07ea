import type { ContactKind } from '../generated/prisma/enums.ts';

/** A short text for one person. */
export interface Message {
  /** An e-mail address, or a telephone number in E.164. */
  readonly to: string;
  /** Of an e-mail. */
  readonly subject: string;
  readonly text: string;
}

/** What became of a message. Whoever is not told that it was sent may still get it. */
export type Delivery =
  | { readonly kind: 'sent' }
  /** Nothing can be delivered there. */
  | { readonly kind: 'undeliverable'; readonly why: string }
  /** Whoever was to carry it did not, or did not say. */
  | { readonly kind: 'failed'; readonly why: string };

/** Carries messages to people. Never throws for what happens on the way; reasons name no address. */
export interface Messenger {
  send(message: Message): Promise<Delivery>;
}

/** How people are reached, by the kind of contact. */
export type Messengers = Readonly<Record<ContactKind, Messenger>>;
