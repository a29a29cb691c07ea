import type { Client, FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';
import { paygraphFields, type ResumableField } from './fields.ts';
import { iterableOf } from './iterable.ts';
import { asksToResume, type Progress, progressOf } from './progress.ts';

export interface ResumeOptions {
  /** What can be taken up again; Paygraph's own fields if left out. */
  readonly fields?: readonly ResumableField[];
  /**
   * Times in a row that a subscription which the server has ended is begun again; 5 if left out. An event, or half a minute
   * under way, begins a new row.
   */
  readonly attempts?: number;
  /** Longest wait in ms before the first of them; it doubles with each. The wait itself is random up to it; 500 if left out. */
  readonly delayMs?: number;
  /** What it doubles up to, in ms; 10,000 if left out. */
  readonly longestDelayMs?: number;
}

/** Time in ms from which a subscription that is ended counts as having been well. */
const steadyMs = 30_000;

/**
 * A graphql-ws client whose subscriptions go on where they broke off. The client connects again by itself after a lost
 * connection, but repeats the variables, and with them the events that were there before: here the cursor moves on with
 * every event, and what comes twice is dropped. A subscription that the server ends, or does not begin, for a passing reason
 * (`RESUME`, `SUBSCRIPTION_INTERRUPTED`, `SUBGRAPH_UNAVAILABLE`, `SERVICE_UNAVAILABLE`) is begun again, and nothing is heard
 * of it unless that fails again and again.
 *
 * An operation takes part when it uses the variable of a resumable field and selects its cursor without an alias.
 * Everything else passes as it is. For Apollo Client, give the result to `GraphQLWsLink`.
 */
export function resuming(client: Client, options: ResumeOptions = {}): Client {
  const { fields = paygraphFields } = options;
  const subscribe: Client['subscribe'] = (payload, sink) => {
    const progress = progressOf(payload, fields);
    return progress ? follow(client, progress, sink, options) : client.subscribe(payload, sink);
  };
  return {
    on: client.on,
    dispose: () => client.dispose(),
    terminate: () => client.terminate(),
    subscribe,
    iterate: <Data, Extensions>(payload: SubscribePayload) =>
      iterableOf<FormattedExecutionResult<Data, Extensions>>((sink) => subscribe<Data, Extensions>(payload, sink)),
  };
}

function follow<Data, Extensions>(
  client: Client,
  { payload, accept }: Progress,
  sink: Sink<FormattedExecutionResult<Data, Extensions>>,
  { attempts = 5, delayMs = 500, longestDelayMs = 10_000 }: ResumeOptions,
): () => void {
  let failures = 0;
  let begunAt = 0;
  let left = false;
  let leave = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = (): void => {
    timer = undefined;
    let resume = false;
    begunAt = Date.now();
    leave = client.subscribe<Data, Extensions>(payload, {
      next(result) {
        if (Date.now() - begunAt > steadyMs) failures = 0;
        resume = asksToResume(result) && failures < attempts;
        if (resume) return;
        if (!accept(result)) return;
        if (result.data != null) failures = 0;
        sink.next(result);
      },
      error: (error) => sink.error(error),
      complete() {
        if (left || !resume) return sink.complete();
        timer = setTimeout(begin, Math.random() * Math.min(delayMs * 2 ** failures, longestDelayMs));
        failures += 1;
      },
    });
  };
  begin();
  return () => {
    if (left) return;
    left = true;
    const isWaiting = timer !== undefined;
    clearTimeout(timer);
    leave();
    if (isWaiting) sink.complete();
  };
}
