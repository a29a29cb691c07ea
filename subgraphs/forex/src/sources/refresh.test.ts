import { currencyOf } from '@paygraph/money';
import { createLogger } from '@paygraph/service';
import { describe, expect, it, vi } from 'vitest';
import type { Observation } from '../rates/observation.ts';
import { type RateSource, RateSourceError } from './rate-source.ts';
import { refreshRegularly } from './refresh.ts';

const logger = createLogger({ service: 'forex', level: 'silent' });
const euro: Observation = {
  currency: currencyOf('EUR'),
  observedAt: new Date('2026-10-01T00:00:00Z'),
  kind: 'SPOT',
  unitsPerUsd: { coefficient: 88n, scale: 2 },
};

describe('refreshing', () => {
  it('reads at once, again after a while, and after a failure', async () => {
    const unavailable = new RateSourceError('test', 'UNAVAILABLE', 'answered 503');
    const read = vi.fn<RateSource['read']>().mockResolvedValue([euro]);
    read.mockResolvedValueOnce([euro]).mockRejectedValueOnce(unavailable);
    const record = vi.fn(async () => 1);
    const stop = refreshRegularly({ source: { name: 'test', read }, record, logger, everyMs: 1, retryMs: 1 });
    await vi.waitFor(() => expect(record.mock.calls.length).toBeGreaterThanOrEqual(3));
    await stop();
    expect(read.mock.calls.length).toBeGreaterThan(record.mock.calls.length);
    expect(record).toHaveBeenCalledWith('test', [euro]);
  });

  it('goes on when rates cannot be stored', async () => {
    const record = vi.fn(async () => Promise.reject(new Error('the database is away')));
    const source = { name: 'test', read: async () => [euro] };
    const stop = refreshRegularly({ source, record, logger, everyMs: 60_000, retryMs: 1 });
    await vi.waitFor(() => expect(record.mock.calls.length).toBeGreaterThanOrEqual(2));
    await stop();
  });

  it('stops at once in the middle of a reading, and reads no more', async () => {
    const read = vi.fn<RateSource['read']>(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    const source = { name: 'test', read };
    const stop = refreshRegularly({ source, record: async () => 0, logger, everyMs: 1, retryMs: 1 });
    await stop();
    expect(read).toHaveBeenCalledTimes(1);
  });
});
