import { describe, expect, it } from 'vitest';
import { person, refused, usePayments } from './payments.fixture.ts';

const payments = usePayments();

describe('fragments', () => {
  it('named and inline, are looked into wherever they are spread', async () => {
    const source = `
      { payment { ...Parts ... on Payment { second: secret } ... { third: secret } again: wallet { ...Safe } } }
      fragment Parts on Payment { id secret wallet { ...Safe } }
      fragment Safe on Wallet { label pin }`;
    const { data, errors } = await payments.ask(source);
    const safe = { label: 'Everyday', pin: null };
    expect(data).toEqual({
      payment: { id: 'pay_1', secret: null, wallet: safe, second: null, third: null, again: safe },
    });
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual([
      'payment.secret',
      'payment.wallet.pin',
      'payment.second',
      'payment.third',
      'payment.again.pin',
    ]);
  });

  it('spread twice at one place make one error', async () => {
    const source =
      '{ payment { id ...S ...S ...T } } fragment S on Payment { secret } fragment T on Payment { secret }';
    expect((await payments.ask(source)).errors).toEqual([refused('payment', 'secret')]);
  });

  it('of which a part stands below what is removed, and another part does not, are told apart', async () => {
    const source = `{ payment { wallet { ...W } } sealed { id } payments { wallets { ...W } secret } }
      fragment W on Wallet { id label }`;
    const { data } = await payments.ask(source);
    expect(data).toMatchObject({ payment: { wallet: { id: 'wal_1' } }, payments: [{ secret: null }], sealed: null });
  });

  it('in fragments cannot make an answer of errors without end', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const below = level === 29 ? 'secret' : `...F${level + 1}`;
      return `fragment F${level} on Payment { wallet { id } ${below} }`;
    });
    const wide = Array.from({ length: 1_001 }, (_, index) => `s${index}: secret`).join(' ');
    expect((await payments.ask(`{ payment { ...F0 } } ${levels.join(' ')}`)).errors).toEqual([
      refused('payment', 'secret'),
    ]);
    expect(await payments.ask(`{ payment { ${wide} } }`)).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_TOO_COMPLEX' } }],
    });
  });
});

describe('an interface', () => {
  it('asks for a field what any type does that implements it', async () => {
    expect(await payments.ask('{ named { __typename name } }')).toEqual({
      data: { named: { __typename: 'Shop', name: null } },
      errors: [refused('named', 'name')],
    });
    expect((await payments.ask('{ named { name } }', person())).data).toEqual({ named: { name: 'Corner' } });
  });

  it('leaves open what is asked for by type', async () => {
    const source = '{ named { ... on Shop { name } ... on Brand { name } } }';
    expect(await payments.ask(source)).toEqual({
      data: { named: { name: 'Corner' } },
      errors: [refused('named', 'name')],
    });
    const mixed = '{ named { name ... on Shop { name } } }';
    expect(await payments.ask(mixed)).toEqual({
      data: { named: { name: 'Corner' } },
      errors: [refused('named', 'name')],
    });
  });

  it('asks for all that the types ask that implement it', async () => {
    expect(await payments.ask('{ owner { id } }', person())).toMatchObject({ data: { owner: null } });
    expect((await payments.ask('{ owner { id } }', person('firm'))).data).toEqual({ owner: { id: '7' } });
  });
});

describe('a union', () => {
  it('shows of each type what the caller may see of it', async () => {
    const source = '{ parties { __typename ... on Shop { name rating } ... on Person { who: name } } }';
    const { data, errors } = await payments.ask(source);
    expect(data).toBeNull();
    expect(errors?.map(({ path }) => path?.join('.'))).toEqual(['parties.@.rating', 'parties.@.who']);
    expect((await payments.ask('{ party { ... on Shop { name rating } ... on Person { who: name } } }')).data).toEqual({
      party: { name: 'Corner', rating: null },
    });
    expect((await payments.ask(source, person())).data).toEqual({
      parties: [
        { __typename: 'Shop', name: 'Corner', rating: 5 },
        { __typename: 'Person', who: 'Ada' },
      ],
    });
  });
});

describe('what is deferred', () => {
  const source = '{ payment { id ... @defer(label: "later") { wallet { label pin } } ... @defer { secret } } }';

  it('is left out where it may not be seen; the first part tells of it', async () => {
    expect(await payments.graph.askInParts(source)).toEqual([
      {
        data: { payment: { id: 'pay_1', secret: null } },
        errors: [refused('payment', 'wallet', 'pin'), refused('payment', 'secret')],
        hasNext: true,
      },
      {
        incremental: [{ data: { wallet: { label: 'Everyday', pin: null } }, path: ['payment'], label: 'later' }],
        hasNext: false,
      },
    ]);
  });

  it('comes at once when nothing of it is left', async () => {
    expect(await payments.graph.askInParts('{ payment { id ... @defer { secret } } }')).toEqual([
      { data: { payment: { id: 'pay_1', secret: null } }, errors: [refused('payment', 'secret')] },
    ]);
    expect(await payments.graph.askInParts('{ open sealed { ... @defer { id } } }')).toEqual([
      { data: { open: 'open', sealed: null }, errors: [refused('sealed')] },
    ]);
  });
});
