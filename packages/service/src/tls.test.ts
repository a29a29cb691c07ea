import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { OperatorError } from './operator-error.ts';
import { tlsFrom } from './tls.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paygraph-tls-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('there is no TLS where there is no folder for it', () => {
  expect(tlsFrom({}, logger)).toBeUndefined();
});

it('a folder that cannot be used is said by the name of its variable', async () => {
  const start = () => tlsFrom({ TLS_DIRECTORY: directory }, logger);
  expect(start).toThrow(OperatorError);
  expect(start).toThrow(/^TLS_DIRECTORY: .*tls\.crt/);
  for (const file of ['tls.crt', 'tls.key', 'ca.crt']) await writeFile(join(directory, file), 'not PEM');
  expect(start).toThrow(/^TLS_DIRECTORY: /);
});
