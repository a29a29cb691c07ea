import { query, startTestCluster, type TestCluster, type TestDatabase } from '@paygraph/database/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectTo } from '../testing/fixture.ts';
import { startCallers } from './callers.ts';
import { extent } from './extent.ts';
import { type LedgerProcesses, startLedgerProcesses } from './ledger-process.ts';
import { note } from './note.ts';

let cluster: TestCluster;
let database: TestDatabase;
let service: LedgerProcesses;

beforeAll(async () => {
  cluster = await startTestCluster(['ledger']);
  database = await cluster.createDatabase('ledger');
  service = await startLedgerProcesses(database.databaseUrl, 1);
}, 300_000);

afterAll(async () => {
  await service.stop();
  await cluster.stop();
}, 120_000);

/** One of the service's sessions ends as a crash of its process would end it: PostgreSQL restarts itself. */
async function killSession(): Promise<void> {
  const sessions = (await query(
    database.migrationUrl,
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ledger_service'
     ORDER BY state <> 'active', random()`,
  )) as { pid: number }[];
  if (!sessions.some(({ pid }) => killed(pid))) throw new Error('The service has no session');
}

/** Whether there was such a process to kill. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

it(
  `PostgreSQL killed ${extent.kills} times under load loses nothing that was acknowledged, and nothing is done twice`,
  async () => {
    const [ledgerProcess] = service.processes;
    if (!ledgerProcess) throw new Error('There is no process');
    const owner = connectTo(database.migrationUrl);
    const books = { database: owner, url: database.migrationUrl };
    const callers = await startCallers([ledgerProcess.ledger], extent.clients);
    for (let kill = 0; kill < extent.kills; kill += 1) {
      await callers.answered(40 + Math.floor(Math.random() * 160));
      if (kill % 2 === 0) {
        // The whole server: what was in hand is unanswered while the books are looked at, and is repeated afterwards.
        callers.hold();
        await cluster.crash();
        await callers.held();
        await cluster.restart();
        note(`server killed, kill ${kill + 1}`, await callers.journal.compare(books));
      } else {
        // A session, upon which the server recovers by itself while callers go on repeating what failed.
        await killSession();
        await callers.answered(40);
        callers.hold();
        await callers.held();
        note(`session killed, kill ${kill + 1}`, await callers.journal.compare(books));
      }
      callers.resume();
    }
    await callers.stop();
    const tally = await callers.journal.compare(books);
    note('at the end', tally);
    expect(tally).toMatchObject({ unanswered: 0, unansweredButDone: 0 });
    expect(tally.acknowledged).toBeGreaterThan(extent.kills * 40);
    await owner.$disconnect();
  },
  extent.testTimeoutMs,
);
