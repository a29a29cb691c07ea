export interface Target {
  readonly name: string;
  readonly value: number;
  /** What it may be at most. */
  readonly bound: number;
  readonly ok: boolean;
  readonly what: string;
}

export interface Result {
  readonly sockets: number;
  readonly principals: number;
  readonly queryMicroseconds: number;
  readonly eventMicroseconds: number;
  readonly targets: readonly Target[];
}

/** For people: what was measured, and what of it was to be reached. */
export function report({ sockets, principals, queryMicroseconds, eventMicroseconds, targets }: Result): string {
  return [
    `${sockets} sockets of ${principals} principals`,
    `CPU per query ${queryMicroseconds.toFixed(0)} µs, per event ${eventMicroseconds.toFixed(0)} µs`,
    '',
    ...targets.map(
      ({ name, value, bound, ok, what }) =>
        `${ok ? 'reached' : 'MISSED '} ${name.padEnd(18)} ${value.toFixed(2).padStart(8)} of at most ${bound} ${what}`,
    ),
  ].join('\n');
}
