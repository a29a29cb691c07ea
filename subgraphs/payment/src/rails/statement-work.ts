import { newId } from '@paygraph/ids';
import type { StatementPage } from '@paygraph/rails';
import type { Logger } from '@paygraph/service';
import { type Database, milliseconds } from '../database.ts';
import type { LiveRail } from './live-rail.ts';
import { stored } from './webhook-content.ts';

export interface StatementWorkDependencies {
  readonly database: Database;
  readonly rails: ReadonlyMap<string, LiveRail>;
  readonly statementMs: number;
  /** Told that there is something to read. */
  readonly received: () => void;
  readonly logger: Logger;
}

/** How far back statements are read that never were, in days. */
const firstDays = 7;
/** How long after a statement could not be had it is asked for again, at most, in ms. */
const retryMs = 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * Reads the statements of rails that have them, one process at a time. What they show that nobody has told yet is kept as if the
 * rail had sent it, and read with everything that rails send.
 */
export function createStatementWork(dependencies: StatementWorkDependencies): () => Promise<boolean> {
  const { database, rails, statementMs, logger } = dependencies;
  const telling = [...rails.values()].filter(({ statement }) => statement !== undefined);
  const names = telling.map(({ adapter }) => adapter.name);
  return async () => {
    if (names.length === 0) return false;
    for (const { rail, day } of await claim(database, names, statementMs)) {
      const live = rails.get(rail);
      const until = dayOf(Date.now());
      if (live && (await readDays(dependencies, live, daysFrom(day, until)))) await haveRead(database, rail, until);
      else await postpone(database, rail, Math.min(statementMs, retryMs));
      logger.debug({ rail, day, until }, 'statements were read');
    }
    return false;
  };
}

/** From the day before, for what was booked late on it, to today. */
function daysFrom(day: string, until: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(day) - dayMs; at <= Date.parse(until); at += dayMs) days.push(dayOf(at));
  return days;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Says whether all of them could be read. */
async function readDays(
  { database, received, logger }: StatementWorkDependencies,
  { adapter, statement }: LiveRail,
  days: readonly string[],
): Promise<boolean> {
  for (const day of days) {
    for (let page = 1, isLast = false; !isLast; page += 1) {
      const read = (await statement?.(day, page)) ?? { kind: 'UNKNOWN', why: 'the rail has no statements' };
      if (read.kind === 'UNKNOWN') {
        logger.warn({ rail: adapter.name, day, page, why: read.why }, 'a statement could not be read');
        return false;
      }
      if (await keep(database, adapter.name, read)) received();
      ({ isLast } = read);
    }
  }
  return true;
}

/** Keeps what is new of it, with the page as it came; says whether anything is. */
async function keep(database: Database, rail: string, { events, body }: StatementPage): Promise<boolean> {
  const eventIds = events.map(({ eventId }) => eventId);
  const known = await database.railEvent.findMany({ where: { rail, eventId: { in: eventIds } } });
  const told = new Set(known.map(({ eventId }) => eventId));
  const news = events.filter(({ eventId }) => !told.has(eventId));
  if (news.length === 0) return false;
  const content = stored({ kind: 'EVENTS', events: news });
  const data = { id: newId('whk'), rail, method: 'GET', headers: {}, body: Buffer.from(body), content };
  await database.railWebhook.create({ data });
  return true;
}

async function claim(
  database: Database,
  rails: readonly string[],
  statementMs: number,
): Promise<{ readonly rail: string; readonly day: string }[]> {
  await database.$executeRaw`
    INSERT INTO rail_statement (rail, day)
    SELECT rail, (clock_timestamp() AT TIME ZONE 'UTC')::date - ${firstDays}::int FROM unnest(${[...rails]}::text[]) AS r (rail)
    ON CONFLICT DO NOTHING`;
  return database.$queryRaw`
    UPDATE rail_statement SET next_attempt_at = clock_timestamp() + ${milliseconds(statementMs)}
    WHERE rail = ANY(${[...rails]}::text[]) AND next_attempt_at <= clock_timestamp()
    RETURNING rail, day::text`;
}

async function haveRead(database: Database, rail: string, day: string): Promise<void> {
  await database.$executeRaw`UPDATE rail_statement SET day = ${day}::date WHERE rail = ${rail} AND day < ${day}::date`;
}

async function postpone(database: Database, rail: string, delayMs: number): Promise<void> {
  await database.$executeRaw`
    UPDATE rail_statement SET next_attempt_at = clock_timestamp() + ${milliseconds(delayMs)} WHERE rail = ${rail}`;
}
