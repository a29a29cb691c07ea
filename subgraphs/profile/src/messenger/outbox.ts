import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ContactKind } from '../generated/prisma/enums.ts';
import type { Messenger } from './messenger.ts';

/**
 * Delivers to a file on this machine, a line of JSON per message: for whoever develops with Paygraph and has no mail server.
 * Who can read the file can verify any contact, so only its owner can.
 */
export function outboxMessenger(file: string, kind: ContactKind): Messenger {
  return {
    async send({ to, subject, text }) {
      try {
        await mkdir(dirname(file), { recursive: true });
        const line = JSON.stringify({ at: new Date().toISOString(), kind, to, subject, text });
        await appendFile(file, `${line}\n`, { mode: 0o600 });
        return { kind: 'sent' };
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        return { kind: 'failed', why: `the outbox cannot be written (${code})` };
      }
    },
  };
}
