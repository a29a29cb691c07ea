/** Where a source of events puts them. After `finish` nothing may follow. */
export interface StreamInput<Event, Result> {
  push(event: Event): void;
  /** Ends the stream once what is buffered has been read, with a last result if one is given. */
  finish(last?: () => Result): void;
}

/**
 * Results of a source's events, pulled one at a time. Written by hand: `return()` of an async generator waits for the
 * pending `next()`, so that the source would stay open until its next event; here it is closed at once. A class, because
 * there are tens of thousands of them: what they do is in memory once, not once for each.
 */
export abstract class BufferedStream<Event, Result>
  implements AsyncGenerator<Result, void, void>, StreamInput<Event, Result>
{
  private readonly waiting: Event[] = [];
  private last: (() => Result) | undefined;
  private opened = false;
  private ended = false;
  private done = false;
  private wake: (() => void) | undefined;
  private turn: Promise<unknown> | undefined;

  /** Events that may wait for a slow reader. With one more the source is closed. */
  protected abstract readonly capacity: number;
  /** Opens the source, when the first result is asked for. */
  protected abstract open(): void;
  /** Closes the source; may be called more than once. */
  protected abstract close(): void;
  /** Makes a result of an event: one at a time, in order. */
  protected abstract resultOf(event: Event): Promise<Result>;
  /** The last result of a reader who was too slow, made when all that waited has been read. */
  protected abstract overflow(): Result;
  /** Called once, when nothing more will come of the stream: it was read to its end, or returned from. */
  protected abstract settled(): void;

  push(event: Event): void {
    if (this.ended) return;
    if (this.waiting.length >= this.capacity) {
      this.finish(() => this.overflow());
      return;
    }
    this.waiting.push(event);
    this.wake?.();
  }

  finish(last?: () => Result): void {
    if (this.ended) return;
    this.ended = true;
    this.last = last;
    this.release();
  }

  /** Ends it with a last result in place of what still waits. */
  protected cutOff(last: () => Result): void {
    this.waiting.length = 0;
    this.finish();
    this.last = last;
  }

  next(): Promise<IteratorResult<Result, void>> {
    const result = this.turn ? this.turn.then(() => this.pull()) : this.pull();
    this.turn = result.catch(ignore);
    return result;
  }

  async return(): Promise<IteratorResult<Result, void>> {
    this.settle();
    this.ended = true;
    this.waiting.length = 0;
    this.release();
    return nothing;
  }

  async throw(error: unknown): Promise<IteratorResult<Result, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async pull(): Promise<IteratorResult<Result, void>> {
    if (!this.opened && !this.ended) {
      this.opened = true;
      this.open();
      // The source may have ended while it was being opened.
      if (this.ended) this.close();
    }
    while (!this.done && !this.ended && this.waiting.length === 0) await this.something();
    if (this.done) return nothing;
    const event = this.waiting.shift();
    if (event === undefined) return this.lastWord();
    const value = await this.resultOf(event);
    return this.done ? nothing : { done: false, value };
  }

  private something(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private lastWord(): IteratorResult<Result, void> {
    this.settle();
    return this.last ? { done: false, value: this.last() } : nothing;
  }

  private settle(): void {
    if (this.done) return;
    this.done = true;
    this.settled();
  }

  private release(): void {
    if (this.opened) this.close();
    this.wake?.();
  }
}

const nothing: IteratorReturnResult<void> = { done: true, value: undefined };

function ignore(): void {
  // Whoever asked for that result hears of it.
}
