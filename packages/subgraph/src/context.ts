import type { Principal } from '@paygraph/auth';
import type { Logger } from '@paygraph/service';

/** What is known of every request; a subgraph's context adds its loaders and stores to it. */
export interface RequestScope {
  readonly principal: Principal;
  /** Follows the request through all services and the log. */
  readonly requestId: string;
  /** Writes the request id, who asks and the name of the operation with every line. */
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** Of a subscription: where its field notes the trace that the event at hand belongs to. */
  readonly event?: { traceparent: string | null } | undefined;
}
