const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The instant that an RFC 3339 text stands for, to the millisecond; undefined for other text. Its year is 1 to 9999, as
 * written and in UTC: PostgreSQL knows no year 0, and beyond 9999 there is no RFC 3339 to answer it in.
 */
export function instantOf(text: string): Date | undefined {
  const [, year, month, day] = rfc3339.exec(text) ?? [];
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return undefined;
  const instant = new Date(text);
  return isYear(instant.getUTCFullYear()) ? instant : undefined;
}

/** Date rolls 31 February over into March instead of refusing it. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  if (!isYear(year) || month < 1 || month > 12) return false;
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function isYear(year: number): boolean {
  return year >= 1 && year <= 9999;
}
