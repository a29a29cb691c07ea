import fc from 'fast-check';

const small = fc.nat(7);

/** What a step picks among accounts, ids and commands so far is a number: it wraps around what there is. */
const movement = fc.record({
  currency: fc.nat(2),
  from: small,
  to: small,
  amount: fc.integer({ min: 1, max: 400 }),
  fee: fc.integer({ min: 0, max: 9 }),
  into: fc.option(fc.record({ currency: fc.nat(2), amount: fc.integer({ min: 1, max: 400 }) }), { freq: 3 }),
});
const movements = (maxLength: number) => fc.array(movement, { minLength: 1, maxLength });

/** A part in percent, all if null; above a hundred is too much. */
const share = fc.option(fc.integer({ min: 1, max: 120 }));
const parts = (maxLength: number) =>
  fc.array(fc.record({ which: small, share, releaseRest: fc.boolean() }), { minLength: 1, maxLength });

const act = <Name extends string, Given extends object>(weight: number, name: Name, given: fc.Arbitrary<Given>) => ({
  weight,
  arbitrary: given.map((each): { readonly act: Name } & Given => ({ act: name, ...each })),
});

const status = fc.constantFrom(
  'OPEN' as const,
  'OPEN' as const,
  'OPEN' as const,
  'FROZEN' as const,
  'FROZEN_DEBIT' as const,
  'FROZEN_CREDIT' as const,
  'CLOSED' as const,
);

/** One call of the ledger. `atMost` items in its list, or in a burst one that is decided as one. */
const callOf = (atMost: number) =>
  fc.oneof(
    act(
      4,
      'post',
      fc.record({ list: movements(atMost), links: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }),
    ),
    act(2, 'post linked', fc.record({ list: fc.array(movement, { minLength: 2, maxLength: 3 }) })),
    act(
      4,
      'reserve',
      fc.record({ list: movements(atMost), atOnce: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }),
    ),
    act(5, 'capture', fc.record({ list: parts(atMost) })),
    act(3, 'reverse', fc.record({ list: parts(atMost) })),
    act(2, 'void', fc.record({ list: fc.array(small, { minLength: 1, maxLength: atMost }) })),
    act(1, 'void unknown', fc.record({ movement })),
    act(3, 'repeat', fc.record({ which: small, command: fc.nat(3), altered: fc.boolean(), twice: fc.boolean() })),
    act(1, 'extend', fc.record({ which: small })),
    act(
      1,
      'set limits',
      fc.record({ which: small, creditLimit: fc.nat(600), ceiling: fc.option(fc.nat(3_000), { freq: 2 }) }),
    ),
    act(1, 'set status', fc.record({ which: small, status })),
  );

export const step = fc.oneof(
  { weight: 12, arbitrary: callOf(4) },
  act(1, 'expire', fc.record({ which: small, swept: fc.boolean() })),
  act(
    3,
    'burst',
    fc.record({
      /** Callers at the same time, through one of two engines each; some say again what another says, or nearly. */
      calls: fc.array(
        fc.record({
          call: callOf(1),
          through: fc.nat(1),
          again: fc.option(fc.record({ through: fc.nat(1), altered: fc.boolean() })),
        }),
        { minLength: 2, maxLength: 3 },
      ),
      /** Whether the first engine loses its connections meanwhile. */
      cut: fc.option(fc.record({ at: fc.constantFrom('question' as const, 'answer' as const), after: fc.nat(2) })),
    }),
  ),
);

type Of<T> = T extends fc.Arbitrary<infer Value> ? Value : never;
export type Step = Of<typeof step>;
export type CallStep = Of<ReturnType<typeof callOf>>;
export type Movement = Of<typeof movement>;
export type Part = Of<ReturnType<typeof parts>>[number];
