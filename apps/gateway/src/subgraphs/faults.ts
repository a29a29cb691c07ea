import { codedError } from '../errors.ts';

/** Why a try has brought no answer. */
export interface Fault {
  /** For the log and for operators; its `code` is shown in `/health/ready`. */
  readonly error: Error;
  /** Whether it speaks against the subgraph: an outage, not a request that it does not want. */
  readonly isOutage: boolean;
  /** Whether another try may go better. */
  readonly mayPass: boolean;
}

/** Why a call has brought no answer. */
export interface Failure {
  readonly error: Error;
  /** What clients are told: whether certainly nothing was sent, as too much was. */
  readonly code: 'SUBGRAPH_UNAVAILABLE' | 'SUBGRAPH_OVERLOADED';
  /** Whether the subgraph was not asked for a reason that is known beforehand, which is no news for the log. */
  readonly isRefusal: boolean;
}

const tooLarge = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
const closing = 'UND_ERR_DESTROYED';

export function transportFault(error: Error): Fault {
  const code = 'code' in error ? error.code : undefined;
  if (code === tooLarge || code === closing) return { error, isOutage: false, mayPass: false };
  return { error, isOutage: true, mayPass: true };
}

/** Something else than GraphQL. With a status of 4xx it is this request that is not wanted, and would not be again. */
export function garbage(status: number): Fault {
  const isRefused = status >= 400 && status < 500;
  return {
    error: withCode('NO_GRAPHQL', `answered ${status} without GraphQL`),
    isOutage: !isRefused,
    mayPass: !isRefused,
  };
}

export function late(timeoutMs: number): Error {
  return withCode('TIMEOUT', `no answer in ${timeoutMs} ms`);
}

export const circuitOpen: Failure = {
  error: withCode('CIRCUIT_OPEN', 'its circuit is open'),
  code: 'SUBGRAPH_UNAVAILABLE',
  isRefusal: true,
};

export const overloaded: Failure = {
  error: withCode('OVERLOADED', 'too many calls wait for it'),
  code: 'SUBGRAPH_OVERLOADED',
  isRefusal: true,
};

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A subgraph cannot be reached, is too late or answers garbage. Says no more than its name. */
export function subgraphUnavailable(subgraph: string) {
  return codedError('SUBGRAPH_UNAVAILABLE', `The ${subgraph} service is unavailable.`);
}

/** More is asked of a subgraph than the gateway lets through. */
export function subgraphOverloaded(subgraph: string) {
  return codedError('SUBGRAPH_OVERLOADED', `The ${subgraph} service has too much to do. Try again.`);
}
