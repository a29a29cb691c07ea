import { connect, until, type Watch, watch } from '@paygraph/gateway/testing';
import type { IdPrefix } from '@paygraph/ids';
import { newId } from '@paygraph/ids';
import { beforeAll, expect, it } from 'vitest';
import { answerTo } from '../support/answers.ts';
import { contentsOf } from '../support/contents.ts';
import { usePlatform } from '../support/journey.ts';
import type { Customer } from '../support/platform.ts';
import { belongingsOf } from './support/belongings.ts';
import { deepIdFields, type IdField, idFields } from './support/fields.ts';

const platform = usePlatform('one process');
let victim: Customer;
let stranger: Customer;
/** What belongs to the victim: one thing of each kind that customers have. Of the others there is one that nobody has. */
const theirs = new Map<IdPrefix, string>();

beforeAll(async () => {
  victim = await platform().customer({ USD: '10.00' });
  stranger = await platform().customer({ USD: '5.00', EUR: '0.00' });
  for (const { prefix, id } of await belongingsOf(victim, platform())) theirs.set(prefix, id);
});

/** Money may be sent to anybody, so that these say whether there is such a wallet and whose it is. */
const payees = new Set(['createPayment input.payeeWalletId', 'createPaymentQuote input.payeeWalletId']);
const nameOf = ({ name, path, prefix }: IdField) =>
  `${name} ${path.join('.')}${path[0]?.startsWith('id') ? ` of ${prefix}` : ''}`;

const staffRoles = ['OPERATOR', 'ANALYST'] as const;
const asked = idFields.filter(({ kind }) => kind !== 'subscription');
const watched = idFields.filter(({ kind }) => kind === 'subscription');
const own = () => ({ wal: [stranger.wallet('USD'), stranger.wallet('EUR')] });
const theirsOr = (prefix: IdPrefix) => theirs.get(prefix) ?? newId(prefix);

const ask = (field: IdField, id: string, accessToken?: string) =>
  answerTo(platform().url, accessToken, field.query, field.variables(id, own()));

/** An answer in words that do not depend on which id was asked for. */
const told = ({ text }: { text: string }, id: string) => text.replaceAll(id, 'id').replaceAll(/req_\w+/g, 'request');

it('ids are taken at the root, so that what follows is about all of them', () => {
  expect(deepIdFields).toEqual([]);
  expect(asked.length).toBeGreaterThan(30);
  expect(watched.length).toBeGreaterThan(3);
});

/** Expects somebody to be told of the victim's thing what they are told of one that there is not. */
async function expectUnknown(field: IdField, accessToken: string): Promise<void> {
  const [id, nobodys] = [theirsOr(field.prefix), newId(field.prefix)];
  const answer = await ask(field, id, accessToken);
  expect(`${nameOf(field)}: ${told(answer, id)}`).toBe(
    `${nameOf(field)}: ${told(await ask(field, nobodys, accessToken), nobodys)}`,
  );
  expect(answer.text).not.toMatch(/INTERNAL_SERVER_ERROR|GRAPHQL_VALIDATION_FAILED|TOO_|invalid value/);
}

it("somebody else's object is to a stranger what does not exist, and is left as it is", async () => {
  const before = await contentsOf(platform().databases);
  for (const field of asked.filter((one) => !payees.has(nameOf(one)))) await expectUnknown(field, stranger.accessToken);
  expect(await contentsOf(platform().databases)).toEqual(before);
});

it("it is that to staff, too, who may ask about what is their own alone, such as an analyst of a wallet's statement", async () => {
  const before = await contentsOf(platform().databases);
  const limited = staffRoles.flatMap((role) =>
    asked.filter((field) => field.reachOf(role) === 'own').map((field) => ({ role, field })),
  );
  expect(limited.map(({ role, field }) => `${role} ${field.name}`)).toContain('ANALYST exportStatement');
  for (const { role, field } of limited) await expectUnknown(field, tokenOf(role));
  expect(await contentsOf(platform().databases)).toEqual(before);
});

it('what happens to it is told to staff who may know all, and to nobody else', async () => {
  for (const field of watched) {
    const [name, id] = [nameOf(field), theirsOr(field.prefix)];
    const [informed, limited] = [true, false].map((all) =>
      staffRoles.filter((role) => (field.reachOf(role) === 'all') === all).map(tokenOf),
    );
    const told = (informed ?? []).map((token) => follow(field, id, token));
    const untold = [stranger.accessToken, ...(limited ?? [])].map((token) => ({
      theirs: follow(field, id, token),
      nobodys: follow(field, newId(field.prefix), token),
    }));
    const unknown = follow(field, id);
    expect(told.length).toBeGreaterThan(0);
    for (const { results } of told)
      await until(() => expect({ name, told: Boolean(results[0]?.data) }).toEqual({ name, told: true }));
    await until(() => expect(unknown.end()).not.toBe('open'));
    for (const { theirs, nobodys } of untold)
      await until(() => expect({ name, seen: summaryOf(theirs) }).toEqual({ name, seen: summaryOf(nobodys) }));
    for (const { results } of [unknown, ...untold.map(({ theirs }) => theirs)])
      expect(results.filter(({ data }) => Object.values(data ?? {}).some(Boolean))).toEqual([]);
    const all = [...told, unknown, ...untold.flatMap(({ theirs, nobodys }) => [theirs, nobodys])];
    for (const { leave } of all) await leave();
  }
});

it('whoever the schema does not admit is refused, and nothing is done', async () => {
  const before = await contentsOf(platform().databases);
  for (const field of asked)
    for (const role of [undefined, ...staffRoles.filter((each) => field.reachOf(each) === 'nothing')]) {
      const { data, errors } = await ask(field, theirsOr(field.prefix), role && tokenOf(role));
      const shown = (data as Record<string, unknown> | null)?.[field.name] ?? null;
      expect({ field: nameOf(field), role, shown, errors }).toEqual({
        ...{ field: nameOf(field), role, shown: null },
        errors: [`UNAUTHORIZED_FIELD_OR_TYPE ${field.name}`],
      });
    }
  expect(await contentsOf(platform().databases)).toEqual(before);
});

it('staff whom the schema lets ask about everybody’s are answered', async () => {
  for (const field of asked)
    for (const role of staffRoles.filter((each) => field.reachOf(each) === 'all')) {
      const { errors } = await ask(field, theirsOr(field.prefix), tokenOf(role));
      // Parts of what they asked for may be for others, and what nobody has is of no type.
      const amiss = errors.filter((line) => !line.startsWith(`UNAUTHORIZED_FIELD_OR_TYPE ${field.name}.`));
      expect({ field: nameOf(field), role, amiss }).toEqual({ field: nameOf(field), role, amiss: [] });
    }
});

function tokenOf(role: 'OPERATOR' | 'ANALYST'): string {
  return (role === 'OPERATOR' ? platform().operator : platform().analyst).accessToken;
}

function follow(field: IdField, id: string, accessToken?: string): Omit<Watch, 'leave'> & { leave(): Promise<void> } {
  const client = connect(platform().url.replace('http', 'ws'), accessToken && `Bearer ${accessToken}`);
  const { leave: _leave, ...rest } = watch(client, { query: field.query, variables: field.variables(id, own()) });
  return { ...rest, leave: async () => void (await client.dispose()) };
}

function summaryOf({ results, end }: Pick<Watch, 'results' | 'end'>): unknown {
  return JSON.parse(JSON.stringify([results, end()]).replaceAll(/req_\w+/g, 'request'));
}
