import type { PrismaClient } from '../generated/prisma/client.ts';
import type { RefreshToken, TokenHash } from './refresh-token.ts';

export type Rotation =
  | { readonly kind: 'rotated'; readonly sessionId: string; readonly customerId: string }
  | { readonly kind: 'refused'; readonly code: 'INVALID_REFRESH_TOKEN' | 'REFRESH_TOKEN_REUSED' };

export interface SessionStore {
  /** Stores a new session with its first token. */
  begin(session: {
    readonly id: string;
    readonly customerId: string;
    readonly token: RefreshToken;
    readonly at: Date;
  }): Promise<void>;
  /** Uses a token up and stores the next one, or ends the session when it had been used before. */
  rotate(request: { readonly hash: TokenHash; readonly next: RefreshToken; readonly at: Date }): Promise<Rotation>;
  /** Whether a session was ended that had not ended before. */
  end(id: string, at: Date): Promise<boolean>;
  /** Removes tokens that have expired, and sessions with none left. */
  forget(now: Date): Promise<void>;
}

export function createSessionStore(prisma: PrismaClient): SessionStore {
  const end = async (id: string, at: Date) => {
    const { count } = await prisma.session.updateMany({ where: { id, endedAt: null }, data: { endedAt: at } });
    return count === 1;
  };

  /** One statement decides and rotates: who comes second waits for the row, and then finds the token used. */
  const useUp = async ({ hash, next, at }: Parameters<SessionStore['rotate']>[0]) => {
    const [session] = await prisma.$queryRaw<{ id: string; customerId: string }[]>`
      WITH used AS (
        UPDATE refresh_token AS token SET used_at = ${at}
        FROM session
        WHERE token.hash = ${hash} AND token.used_at IS NULL AND token.expires_at > ${at}
          AND session.id = token.session_id AND session.ended_at IS NULL
        RETURNING session.id, session.customer_id
      ), issued AS (
        INSERT INTO refresh_token (hash, session_id, expires_at)
        SELECT ${next.hash}, id, ${next.expiresAt} FROM used
      )
      SELECT id, customer_id AS "customerId" FROM used
    `;
    return session;
  };

  return {
    async begin({ id, customerId, token, at }) {
      const refreshTokens = { create: { hash: token.hash, expiresAt: token.expiresAt } };
      await prisma.session.create({ data: { id, customerId, createdAt: at, refreshTokens } });
    },

    async rotate(request) {
      const session = await useUp(request);
      if (session) return { kind: 'rotated', sessionId: session.id, customerId: session.customerId };
      const token = await prisma.refreshToken.findUnique({ where: { hash: request.hash } });
      if (!token?.usedAt) return { kind: 'refused', code: 'INVALID_REFRESH_TOKEN' };
      await end(token.sessionId, request.at);
      return { kind: 'refused', code: 'REFRESH_TOKEN_REUSED' };
    },

    end,

    async forget(now) {
      await prisma.refreshToken.deleteMany({ where: { expiresAt: { lt: now } } });
      await prisma.session.deleteMany({ where: { refreshTokens: { none: {} } } });
    },
  };
}
