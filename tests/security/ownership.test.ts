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

it("somebody else's object is to a stranger what does not exist, and is left as it is", async () => {
  const before = await contentsOf(platform().databases);
  for (const field of asked.filter((one) => !payees.has(nameOf(one)))) {
    const [id, nobodys] = [theirsOr(field.prefix), newId(field.prefix)];
    const answer = await ask(field, id, stranger.accessToken);
    expect(`${nameOf(field)}: ${told(answer, id)}`).toBe(
      `${nameOf(field)}: ${told(await ask(field, nobodys, stranger.accessToken), nobodys)}`,
    );
    expect(answer.text).not.toMatch(/INTERNAL_SERVER_ERROR|GRAPHQL_VALIDATION_FAILED|TOO_|invalid value/);
  }
  expect(await contentsOf(platform().databases)).toEqual(before);
});

it('what happens to it is told to staff, and not to strangers or to nobody', async () => {
  const followed = watched.map((field) => {
    const id = theirsOr(field.prefix);
    const byStranger = {
      theirs: follow(field, id, stranger.accessToken),
      nobodys: follow(field, newId(field.prefix), stranger.accessToken),
    };
    return {
      name: nameOf(field),
      staff: follow(field, id, platform().operator.accessToken),
      ...byStranger,
      unknown: follow(field, id),
    };
  });
  for (const { name, staff, theirs: seen, nobodys, unknown } of followed) {
    await until(() => expect({ name, told: Boolean(staff.results[0]?.data) }).toEqual({ name, told: true }));
    await until(() => expect(unknown.end()).not.toBe('open'));
    await until(() => expect({ name, seen: summaryOf(seen) }).toEqual({ name, seen: summaryOf(nobodys) }));
    for (const { results } of [seen, unknown])
      expect(results.filter(({ data }) => Object.values(data ?? {}).some(Boolean))).toEqual([]);
    for (const { leave } of [staff, seen, nobodys, unknown]) await leave();
  }
});

it('whoever the schema does not admit is refused, and nothing is done', async () => {
  const before = await contentsOf(platform().databases);
  for (const field of asked)
    for (const role of [undefined, ...staffRoles.filter((each) => !field.admits(each))]) {
      const { data, errors } = await ask(field, theirsOr(field.prefix), role && tokenOf(role));
      const shown = (data as Record<string, unknown> | null)?.[field.name] ?? null;
      expect({ field: nameOf(field), role, shown, errors }).toEqual({
        ...{ field: nameOf(field), role, shown: null },
        errors: [`UNAUTHORIZED_FIELD_OR_TYPE ${field.name}`],
      });
    }
  expect(await contentsOf(platform().databases)).toEqual(before);
});

it('staff whom the schema admits are answered', async () => {
  for (const field of asked)
    for (const role of staffRoles.filter((each) => field.admits(each))) {
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
