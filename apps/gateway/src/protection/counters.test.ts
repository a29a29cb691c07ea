import { describe, expect, it } from 'vitest';
import { Counters } from './counters.ts';

let clock = 0;
const counters = (limit: number) => new Counters(limit, 60_000, () => clock);

describe('what a key may spend', () => {
  it('is the limit in each window, which begins with the first that is spent', () => {
    const counted = counters(10);
    clock = 5_000;
    expect(counted.spend('ada', 4)).toEqual({ isRefused: false, remaining: 6, resetMs: 60_000 });
    clock = 64_999;
    expect(counted.spend('ada', 6)).toEqual({ isRefused: false, remaining: 0, resetMs: 1 });
    clock = 65_000;
    expect(counted.spend('ada', 10)).toEqual({ isRefused: false, remaining: 0, resetMs: 60_000 });
  });

  it('is less by one for what is refused', () => {
    const counted = counters(10);
    counted.spend('ada', 7);
    expect(counted.spend('ada', 4)).toMatchObject({ isRefused: true, remaining: 0 });
    expect(counted.spend('ada', 2)).toMatchObject({ isRefused: false, remaining: 0 });
    expect(counted.spend('ada', 1)).toMatchObject({ isRefused: true, remaining: 0 });
  });

  it('is not less for what is refused when that has been paid', () => {
    const counted = counters(10);
    expect(counted.spend('ada', 11, 0)).toMatchObject({ isRefused: true });
    expect(counted.spend('ada', 10)).toMatchObject({ isRefused: false, remaining: 0 });
  });

  it('is its own', () => {
    const counted = counters(10);
    counted.spend('ada', 10);
    expect(counted.spend('ben', 10).isRefused).toBe(false);
  });
});

it('forgets whose window is over as soon as another one begins', () => {
  const counted = counters(10);
  clock = 0;
  counted.spend('ada', 1);
  clock = 1;
  counted.spend('ben', 1);
  clock = 60_000;
  counted.spend('ben', 1);
  expect(counted.size).toBe(2);
  counted.spend('cleo', 1);
  expect(counted.size).toBe(2);
  clock = 200_000;
  counted.spend('ada', 1);
  expect(counted.size).toBe(1);
});
