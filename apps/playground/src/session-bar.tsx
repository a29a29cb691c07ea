import { Button } from '@graphiql/react';
import type { Session } from './carry.ts';

/** Below the response: whose access token the tabs send, and until when it is good. */
export function SessionBar({ session, onLogOut }: { readonly session: Session | undefined; onLogOut(): void }) {
  if (session === undefined) {
    return <div className="session-bar">Not logged in: the tab LogIn gets an access token for all tabs.</div>;
  }
  return (
    <div className="session-bar">
      <span>
        Every tab sends the access token of <strong>{session.displayName ?? 'the last log-in'}</strong>
        {session.expiresAt !== undefined && `, good until ${timeOf(session.expiresAt)}`}.
      </span>
      <Button onClick={onLogOut}>Stop</Button>
    </div>
  );
}

function timeOf(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
