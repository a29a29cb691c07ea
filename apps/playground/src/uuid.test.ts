import { expect, it } from 'vitest';
import { randomUuid } from './uuid.ts';

it('a random UUID is of version 4 and another every time', () => {
  const uuids = Array.from({ length: 1_000 }, randomUuid);
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(uuids.filter((uuid) => !version4.test(uuid))).toEqual([]);
  expect(new Set(uuids).size).toBe(1_000);
});
