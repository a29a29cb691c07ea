import { createServiceTokenSigner, generateSigningKey, type ServiceName, type SigningKey } from '@paygraph/auth';
import type { DatabaseName } from '@paygraph/database';
import { createGraphClient } from '@paygraph/standalone/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerTo, codesOf, errorsOf } from '../support/answers.ts';
import { commands, type Entity, entities } from '../support/contracts.ts';
import { gatewayProofs } from '../support/gateway-proofs.ts';
import { usePlatform } from '../support/journey.ts';
import type { Customer } from '../support/platform.ts';
import { belongingsOf } from './support/belongings.ts';

const platform = usePlatform('one process');
let customer: Customer;
beforeAll(async () => {
  customer = await platform().customer({ USD: '10.00' });
});

/** Behind the gateway's back, but with its proof: so it is seen what each subgraph would do if the gateway did nothing. */
const at = (service: 'gateway' | DatabaseName, token?: string) =>
  createGraphClient(
    platform().addressOf(service),
    token,
    service === 'gateway' ? undefined : gatewayProofs(platform(), service, token).headersOf,
  );

function keyOf(service: ServiceName): SigningKey {
  const entry = platform().keys.serviceKeys.get(service);
  if (!entry) throw new Error(`${service} has no key`);
  return entry.key;
}

function serviceToken(from: ServiceName, audience: ServiceName, scopes: readonly string[], key = keyOf(from)): string {
  return createServiceTokenSigner({ service: from, key })(audience, scopes);
}

it.each(['profile', 'wallet', 'ledger', 'payment', 'forex', 'risk'] as const)(
  'who comes to the port of %s without the gateway is turned away, whoever it is',
  async (service) => {
    for (const { accessToken } of [{ accessToken: undefined }, customer, platform().operator]) {
      const client = createGraphClient(platform().addressOf(service), accessToken);
      expect(await codesOf(client('{ __typename }'))).toEqual(['UNPROVEN_CALLER']);
    }
  },
);

describe('commands between services', () => {
  it('are those of all subgraphs', () => {
    expect(new Set(commands.map(({ subgraph }) => subgraph))).toEqual(
      new Set(['profile', 'wallet', 'ledger', 'payment', 'forex', 'risk']),
    );
  });

  it.each(commands)('do not exist at the gateway, not even for staff: $name of $subgraph', async ({ operation }) => {
    for (const token of [undefined, customer.accessToken, platform().operator.accessToken])
      expect(await codesOf(at('gateway', token)(operation))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it.each(commands)(
    "are for nobody else's token at the subgraph's own port: $name of $subgraph",
    async ({ subgraph, operation }) => {
      expect(await codesOf(at(subgraph)(operation))).toEqual(['UNAUTHENTICATED']);
      for (const { accessToken } of [customer, platform().operator, platform().analyst])
        expect(await codesOf(at(subgraph, accessToken)(operation))).toEqual(['FORBIDDEN']);
    },
  );

  it('do not show in what the gateway tells of its schema', async () => {
    const { __schema } = await at('gateway')<{
      __schema: Record<'queryType' | 'mutationType', { fields: { name: string }[] }>;
    }>('{ __schema { queryType { fields { name } } mutationType { fields { name } } } }');
    const shown = [...__schema.queryType.fields, ...__schema.mutationType.fields].map(({ name }) => name);
    expect(shown).toContain('createPayment');
    expect(shown.filter((name) => commands.some((command) => command.name === name))).toEqual([]);
  });
});

describe('the token of a service', () => {
  const statuses = '{ commandStatuses(ids: []) { id } }';

  it('opens what its bearer may ask of the one it is made out to', async () => {
    const token = serviceToken('payment', 'ledger', ['ledger:post']);
    expect(await at('ledger', token)(statuses)).toEqual({ commandStatuses: [] });
  });

  it.each<[string, () => string]>([
    ['from a service that may not ask for it', () => serviceToken('risk', 'ledger', ['ledger:post'])],
    ['from one service signed by another', () => serviceToken('payment', 'ledger', ['ledger:post'], keyOf('risk'))],
    ['signed by a stranger', () => serviceToken('payment', 'ledger', ['ledger:post'], generateSigningKey())],
    ['made out to another service', () => serviceToken('payment', 'wallet', ['ledger:post'])],
    ['with a scope it does not give', () => serviceToken('wallet', 'ledger', ['ledger:post'])],
    ['with the scopes of staff', () => serviceToken('payment', 'ledger', ['ledger:read:any'])],
  ])('%s opens nothing', async (_sentence, token) => {
    const [error] = await errorsOf(at('ledger', token())(statuses));
    expect(error?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID' });
  });

  it('is no token at the gateway', async () => {
    const [error] = await errorsOf(at('gateway', serviceToken('payment', 'ledger', []))('{ currencies { code } }'));
    expect(error?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID' });
  });
});

describe("entities asked for at a subgraph's own port", () => {
  /** The id of one entity of each type, all of them of one payment. */
  const ids = new Map<string, string>();
  beforeAll(async () => {
    for (const { type, id } of await belongingsOf(customer, platform())) ids.set(type, id);
  });

  /** Who sees one: staff see everything but what somebody was only offered. */
  const tokenFor = ({ type }: Entity) =>
    type === 'PaymentQuote' ? customer.accessToken : platform().operator.accessToken;

  /** The fields of which something is shown. Each is asked for by itself, so that one refused hides no other. */
  const shown = async ({ subgraph, type, selections }: Entity, token?: string) => {
    const asked = selections.map(
      (selection, index) => `f${index}: _entities(representations: $of) { ... on ${type} { ${selection} } }`,
    );
    const { data } = await answerTo(
      platform().addressOf(subgraph),
      token,
      `query ($of: [_Any!]!) { ${asked.join(' ')} }`,
      {
        of: [{ __typename: type, id: ids.get(type) }],
      },
      gatewayProofs(platform(), subgraph, token).headersOf,
    );
    const answers = Object.values((data ?? {}) as Record<string, [Record<string, unknown> | null]>);
    return selections.filter((_, index) => isSomething(Object.values(answers[index]?.[0] ?? {})[0]));
  };

  it.each(entities)(
    'show nothing to a stranger or to nobody, and something to whom they are for: $type of $subgraph',
    async (entity) => {
      const stranger = await platform().customer({});
      expect(await shown(entity, tokenFor(entity))).not.toEqual([]);
      expect(await shown(entity, stranger.accessToken)).toEqual([]);
      expect(await shown(entity)).toEqual([]);
    },
  );
});

function isSomething(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || !('nodes' in value) || isSomething(value.nodes);
}
