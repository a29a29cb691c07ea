import { BriefMap } from '@paygraph/service';
import type { Span } from '@paygraph/tracing';
import { Asker } from './asker.ts';
import { Call, type CallListener } from './call.ts';
import type { SubgraphAnswer } from './exchange.ts';
import type { Failure } from './faults.ts';
import type { Line } from './line.ts';
import type { Asked, Reply } from './try.ts';

/** Longest time in ms that a call waits for an equal one before it, so that others can join it. */
const PATIENCE = 50;

/**
 * Calls that are under way, each with all who wait for its answer.
 *
 * Who asks the same under the same token joins a call of which not a byte has left yet. So the subgraph begins to read after
 * the last of them has asked, and each sees whatever had happened by then: their own mutation a moment ago, through this gateway
 * or another one, or what an event has just told them of. When an equal call has been sent already, the next one waits
 * for it to end, but not for long, and takes all in who ask meanwhile.
 */
export class Flights {
  readonly #line: Line;
  /** Of equal calls the last one. */
  readonly #open = new BriefMap<string, Flight>();

  constructor(line: Line) {
    this.#line = line;
  }

  ask(asked: Asked, answered: (answer: SubgraphAnswer) => void): void {
    const asker = new Asker(asked.scope, answered);
    if (asked.kind === 'mutation') {
      new Flight(this.#line, asked, asker).begin();
      return;
    }
    const key = `${asked.scope.authorization ?? ''}\n${asked.body}`;
    const last = this.#open.get(key);
    if (last && !last.isSent) {
      last.join(asker);
      return;
    }
    const flight = new Flight(this.#line, asked, asker, { key, open: this.#open });
    this.#open.set(key, flight);
    if (last) last.precede(flight);
    else flight.begin();
  }
}

/** Where a flight stands for others to find. */
interface Place {
  readonly key: string;
  readonly open: BriefMap<string, Flight>;
}

class Flight implements CallListener {
  readonly #line: Line;
  readonly #first: Asker;
  readonly #place: Place | undefined;
  readonly #call: Call;
  #hasBegun = false;
  #others: { readonly asker: Asker; readonly span: Span | undefined }[] | undefined;
  #next: Flight | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(line: Line, asked: Asked, first: Asker, place?: Place) {
    this.#line = line;
    this.#first = first;
    this.#place = place;
    this.#call = new Call(line, asked, this);
  }

  get isSent(): boolean {
    return this.#call.isSent;
  }

  /** Begins, if it has not yet. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    clearTimeout(this.#patience);
    this.#call.begin();
  }

  join(asker: Asker): void {
    const { name, spanName, observe } = this.#line;
    observe.shared();
    const { span: before } = this.#first.scope;
    const span = asker.scope.span?.begin(spanName, {
      attributes: { 'peer.service': name, 'paygraph.shared': true },
      ...(before && { links: [before.traceparent] }),
    });
    this.#others ??= [];
    this.#others.push({ asker, span });
  }

  /** Has another one begin when this one has ended, or has taken too long. */
  precede(next: Flight): void {
    this.#next = next;
    next.#patience = setTimeout(begin, PATIENCE, next);
  }

  ended(result: Reply | Failure): void {
    clearTimeout(this.#patience);
    if (this.#place?.open.get(this.#place.key) === this) this.#place.open.delete(this.#place.key);
    this.#next?.begin();
    // Where equal calls never cease, one that has grown old would keep all after it, as tables do in a BriefMap’s stead.
    this.#next = undefined;
    const { name } = this.#line;
    this.#first.answer(name, result);
    if (!this.#others) return;
    for (const { asker, span } of this.#others) {
      if (!('payload' in result)) span?.fail(result.error);
      span?.end();
      asker.share(name, result, this.#first.scope.requestId);
    }
  }
}

function begin(flight: Flight): void {
  flight.begin();
}
