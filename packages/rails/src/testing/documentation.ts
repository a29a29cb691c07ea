import { readFileSync } from 'node:fs';

/** What an operator's documentation shows of one message: see `fixtures/README.md`. */
export interface Documented {
  /** Where it says so. */
  readonly source: string;
  readonly request?: {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    /** The headers it wants, in lower case. */
    readonly headers: readonly string[];
    readonly body?: unknown;
    readonly query?: Readonly<Record<string, string>>;
    /** Regular expressions of members, where the documentation gives them. */
    readonly patterns?: Readonly<Record<string, string>>;
  };
  readonly response?: { readonly status: number; readonly body: unknown };
  readonly callback?: { readonly method: string; readonly body: unknown };
}

/** @param name such as `mtn-momo/requesttopay` */
export function documented(name: string): Documented {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** The published schema of a message, such as `pain.001.001.03`. */
export function schemaOf(name: string): string {
  return readFileSync(new URL(`../../fixtures/schemas/${name}.xsd`, import.meta.url), 'utf8');
}

/** The members of a message with the types of their values, so that two messages of one form are equal. */
export function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, formOf(member)]));
}
