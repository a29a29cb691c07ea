import type { GraphQLFormattedError } from 'graphql';
import type { Faults } from './faults.ts';
import type { Data, Path } from './merge.ts';

/** What goes on while an answer is written: where the writer is, and what it finds wrong there. */
export interface Shaping {
  enter(step: string | number): void;
  leave(): void;
  /** A field has no value. Says why, where that is known, and that it is null. */
  absent(object: Data, field: { readonly key: string; readonly name: string }): null;
  /** Whether an object, of which no more than its id was known, does not exist after all. */
  isMissing(object: Data): boolean;
  /** A subgraph has sent something else than what its schema says. */
  invalid(expected: string): undefined;
  /** There is null where the schema does not allow it. */
  violation(): undefined;
  /** What is here may not be seen: that has been told, and null is what it is. */
  refused(): undefined;
}

export interface ShapingOptions {
  /** Errors so far, to which what is found is added. */
  readonly errors: GraphQLFormattedError[];
  readonly faults: Faults | undefined;
  /** Objects that do not exist; with an error those of which nobody could say. */
  readonly missing: ReadonlyMap<Data, GraphQLFormattedError | undefined> | undefined;
  /** Where the writer begins. */
  readonly at?: Path;
  /** Logs what a subgraph did against its schema and makes an error of it that is fit for clients. */
  readonly broken: (message: string, path: Path) => GraphQLFormattedError;
}

export function createShaping(options: ShapingOptions): Shaping {
  return new AnswerShaping(options);
}

/**
 * What goes on while an answer is written. A class, because there is one for each answer: the loader that runs TypeScript gives
 * names to inner functions, which would cost more than calling them.
 */
class AnswerShaping implements Shaping {
  readonly #options: ShapingOptions;
  readonly #steps: (string | number)[];
  #depth: number;
  #explained: Set<string> | undefined;

  constructor(options: ShapingOptions) {
    this.#options = options;
    this.#steps = options.at ? [...options.at] : [];
    this.#depth = this.#steps.length;
  }

  enter(step: string | number): void {
    this.#steps[this.#depth] = step;
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
  }

  absent(object: Data, { key, name }: { readonly key: string; readonly name: string }): null {
    const error = this.#options.faults?.of(object, key);
    if (error) this.#report({ ...error, path: [...this.#path(), name] });
    return null;
  }

  isMissing(object: Data): boolean {
    const { missing } = this.#options;
    if (!missing?.has(object)) return false;
    const error = missing.get(object);
    if (error) this.#report({ ...error, path: this.#path() });
    return true;
  }

  invalid(expected: string): undefined {
    if (!this.#isExplained()) this.#report(this.#options.broken(`Expected ${expected}`, this.#path()));
  }

  violation(): undefined {
    if (this.#isExplained()) return;
    this.#report(this.#options.broken('Null where the schema does not allow it', this.#path()));
  }

  refused(): undefined {
    explain(this.#path(), this.#explanations());
  }

  #path(): Path {
    return this.#steps.slice(0, this.#depth);
  }

  #report(error: GraphQLFormattedError): void {
    this.#options.errors.push(error);
    if (this.#explained && error.path) explain(error.path, this.#explained);
  }

  /** Whether there is an error already for this place or for something in it. */
  #isExplained(): boolean {
    return this.#explanations().has(JSON.stringify(this.#path()));
  }

  #explanations(): Set<string> {
    if (!this.#explained) {
      this.#explained = new Set();
      for (const { path } of this.#options.errors) if (path) explain(path, this.#explained);
    }
    return this.#explained;
  }
}

/** An error explains whatever holds its place: null there may have come from it. */
function explain(path: Path, explained: Set<string>): void {
  for (let length = 0; length <= path.length; length += 1) explained.add(JSON.stringify(path.slice(0, length)));
}
