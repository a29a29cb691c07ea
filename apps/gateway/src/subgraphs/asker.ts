import type { RequestScope } from '../scope.ts';
import { presented, readPayload, type SubgraphAnswer } from './exchange.ts';
import { type Failure, subgraphOverloaded, subgraphUnavailable } from './faults.ts';
import type { Reply } from './try.ts';

/** Somebody who waits for the answer to a call. */
export class Asker {
  readonly scope: RequestScope;
  readonly #answered: (answer: SubgraphAnswer) => void;

  constructor(scope: RequestScope, answered: (answer: SubgraphAnswer) => void) {
    this.scope = scope;
    this.#answered = answered;
  }

  answer(subgraph: string, result: Reply | Failure): void {
    if ('payload' in result) this.#answered(presented(result.payload, subgraph, this.scope));
    else this.#fail(subgraph, result, {});
  }

  /**
   * Answers with what another asker was sent, under the request id `askedAs`: with data of their own, as executors write into
   * them. The log has that id beside every error, for in the subgraph's log stands no other.
   */
  share(subgraph: string, result: Reply | Failure, askedAs: string): void {
    if (!('payload' in result)) {
      this.#fail(subgraph, result, { askedAs });
      return;
    }
    if (result.payload.errors) this.scope.logger.info({ subgraph, askedAs }, 'errors of a request that is shared');
    const payload = readPayload(result.text) ?? result.payload;
    this.#answered(presented(payload, subgraph, this.scope));
  }

  #fail(subgraph: string, { error, code, isRefusal }: Failure, found: { readonly askedAs?: string }): void {
    const { logger } = this.scope;
    logger[isRefusal ? 'debug' : 'warn']({ err: error, subgraph, ...found }, 'a subgraph is unavailable');
    const shown = code === 'SUBGRAPH_OVERLOADED' ? subgraphOverloaded(subgraph) : subgraphUnavailable(subgraph);
    this.#answered({ data: null, errors: [shown.toJSON()], unavailable: true });
  }
}
