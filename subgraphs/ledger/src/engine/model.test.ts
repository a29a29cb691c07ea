import { createPool } from '@paygraph/database';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressText } from '../account/chart.ts';
import { booksOf } from '../books/books.ts';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { expireDue } from '../reservation/expiry-worker.ts';
import { type Call, callLedger, callModel } from '../testing/calls.ts';
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts';
import { openTestLedger, type TestLedger } from '../testing/fixture.ts';
import { createModel, type LedgerModel } from '../testing/model.ts';
import { type Answered, possibleAfter } from '../testing/possibilities.ts';
import { type Accounts, altered, createCallMaker, fundingOf, openAccounts } from '../testing/scene.ts';
import { type Step, step } from '../testing/steps.ts';
import { createEngine, type LedgerEngine } from './engine.ts';

/*
 * LEDGER_MODEL_RUNS: how many histories to try, 25 unless told. A failure prints the seed and the path of the smallest
 * history that fails; LEDGER_MODEL_SEED and LEDGER_MODEL_PATH play it again.
 */
const { LEDGER_MODEL_RUNS, LEDGER_MODEL_SEED, LEDGER_MODEL_PATH } = process.env;

let ledger: TestLedger;
let owner: PrismaClient;
let proxy: CuttingProxy;
let throughProxy: ReturnType<typeof createPool>;
/** Two as two processes have them; the first one's connections can be cut. */
let engines: readonly [LedgerEngine, LedgerEngine];

beforeAll(async () => {
  ledger = await openTestLedger();
  owner = ledger.asOwner();
  proxy = await startCuttingProxy(ledger.databaseUrl);
  throughProxy = createPool({ url: proxy.url });
  engines = [createEngine(throughProxy), ledger.engine];
});

afterAll(async () => {
  await throughProxy.end();
  await proxy.close();
  await ledger.close();
});

/** Runs steps on the ledger and on the model, and compares every answer and, after every step, the counters. */
function createRun(first: LedgerModel, accounts: readonly Accounts[]) {
  /** More than one while calls that were made at the same time can be explained in several ways. */
  let models: readonly LedgerModel[] = [first];
  const maker = createCallMaker(accounts);
  const names = accounts.flatMap(({ addresses }) => addresses.map(addressText));

  const standing = async () => {
    const rows = await owner.account.findMany({ where: { address: { in: names } } });
    const counters = rows.map((row) => {
      const { address, status, debitsPosted, creditsPosted, debitsPending, creditsPending } = row;
      return [address, [debitsPosted, creditsPosted, debitsPending, creditsPending, status].join(' ')] as const;
    });
    return { ...Object.fromEntries(names.map((name) => [name, unopened])), ...Object.fromEntries(counters) };
  };

  /** Goes on with those of the models that the counters agree with. */
  const compare = async (candidates: readonly LedgerModel[]) => {
    const counters = await standing();
    const agreeing = candidates.filter((model) => names.every((name) => standingOf(model, name) === counters[name]));
    if (agreeing.length === 0) {
      const [model = first] = candidates;
      expect(counters).toEqual(Object.fromEntries(names.map((name) => [name, standingOf(model, name)])));
    }
    models = agreeing;
  };

  const make = async (call: Call, engine: LedgerEngine = engines[1]) => {
    const answer = await callLedger(engine, call);
    const verdicts = models.map((model) => ({ model, verdict: callModel(model, call) }));
    const right = verdicts.filter(({ verdict }) => verdict.join() === answer.join());
    if (right.length === 0) expect(answer).toEqual(verdicts[0]?.verdict);
    await compare(right.map(({ model }) => model));
  };

  const burst = async ({ calls, cut }: Step & { act: 'burst' }) => {
    const made = calls.flatMap(({ call: wanted, through, again }) => {
      const call = maker.callOf(wanted.act === 'repeat' ? { ...wanted, twice: false } : wanted);
      if (!call) return [];
      const repeated = again && { call: again.altered ? altered(call) : call, engine: engines[again.through] };
      return [{ call, engine: engines[through] }, ...(repeated ? [repeated] : [])];
    });
    if (cut) proxy.arm(cut);
    const answered: Answered[] = await Promise.all(
      made.map(async ({ call, engine = engines[1] }) => ({
        call,
        answer: await callLedger(engine, call).catch((error: unknown) => unanswered(error, engine)),
      })),
    );
    await proxy.settle();
    const possible = possibleAfter(models, answered);
    expect(possible.length, `One order must explain ${text(answered)}`).toBeGreaterThan(0);
    await compare(possible);
    for (const { call } of answered.filter(({ answer }) => answer === null)) await make(call);
  };

  /** Nobody knows what was done; only an engine whose connections are cut may leave it at that. */
  const unanswered = (error: unknown, engine: LedgerEngine): null => {
    if (engine === engines[0]) return null;
    throw error;
  };

  const expire = async (id: string, swept: boolean) => {
    await owner.$executeRaw`
      UPDATE reservation SET expires_at = reserved_at + interval '1 microsecond' WHERE id = ${id} AND state = 'RESERVED'
    `;
    for (const model of models) model.expire(id);
    if (swept) await expireDue(ledger.database);
    await make({ command: 'void', items: [id] });
  };

  return {
    step: async (each: Step) => {
      if (each.act === 'burst') return burst(each);
      if (each.act === 'expire') {
        const reservation = maker.reserved(each.which);
        const isThere = reservation && models.every((model) => model.reservations.has(reservation.id));
        return isThere ? expire(reservation.id, each.swept) : undefined;
      }
      const call = maker.callOf(each);
      if (call) await make(call);
    },
    make,
    /** Compares where each transaction and reservation stands. */
    end: async () => {
      const [model = first] = models;
      const ids = [...new Set([...model.used.keys(), ...model.reservations.keys()])];
      const states = (await ledger.engine.statuses(ids)).map(({ id, state }) => `${id} ${state}`);
      const told = models.map(({ reservations }) =>
        ids.map((id) => `${id} ${reservations.get(id)?.state ?? 'POSTED'}`),
      );
      if (!told.some((each) => each.join() === states.join())) expect(states).toEqual(told[0]);
    },
  };
}

const unopened = '0 0 0 0 OPEN';

function standingOf(model: LedgerModel, name: string): string {
  const account = model.accounts.get(name);
  if (!account) throw new Error(`The model has no account ${name}`);
  const { debits, credits, debitsPending, creditsPending, status } = account;
  return [debits, credits, debitsPending, creditsPending, status].join(' ');
}

const text = (value: unknown) =>
  JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? each.toString() : each), 2);

async function play(steps: readonly Step[]): Promise<void> {
  const model = createModel();
  const accounts = await openAccounts(ledger, model);
  const run = createRun(model, accounts);
  await run.make({ command: 'post', items: accounts.map(fundingOf) });
  for (const each of steps) await run.step(each);
  await run.end();
}

it('agrees with a simple model, whatever is done to it, also at the same time, twice, and cut off', async () => {
  let last: Promise<void> | undefined;
  const tryHistories = (bounds: { readonly numRuns: number; readonly interruptAfterTimeLimit?: number }) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        last = play(steps);
        return last;
      }),
      {
        ...bounds,
        ...(LEDGER_MODEL_SEED !== undefined && { seed: Number(LEDGER_MODEL_SEED) }),
        ...(LEDGER_MODEL_PATH !== undefined && { path: LEDGER_MODEL_PATH }),
      },
    );
  if (LEDGER_MODEL_RUNS !== undefined) await tryHistories({ numRuns: Number(LEDGER_MODEL_RUNS) });
  else {
    // However slow the machine is, so many are tried.
    await tryHistories({ numRuns: 5 });
    await tryHistories({ numRuns: 20, interruptAfterTimeLimit: 12_000 });
  }
  // At the end of the time a history is left as it runs.
  await last;
  expect((await booksOf(ledger.databaseUrl)).faults).toEqual([]);
}, 3_600_000);
