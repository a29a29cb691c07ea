import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey, privateJwk, publicJwk } from '@paygraph/auth';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigError,
  databaseEnvironment,
  loadConfig,
  numberVariable,
  peerEnvironment,
  serverEnvironment,
  serviceEnvironment,
} from './config.ts';

const directory = mkdtempSync(join(tmpdir(), 'paygraph-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const key = generateSigningKey();
const keys = {
  ACCESS_TOKEN_JWKS_URL: 'http://profile:4000/.well-known/jwks.json',
  SERVICE_KEY_FILE: file('ledger.key.json', privateJwk(key)),
  SERVICE_JWKS_FILE: file('services.jwks.json', { keys: [publicJwk(key, 'ledger')] }),
};

describe('configuration', () => {
  it('needs nothing to serve on this machine at port 4000', () => {
    expect(loadConfig(serverEnvironment, {})).toEqual({ HOST: '127.0.0.1', PORT: 4000, LOG_LEVEL: 'info' });
  });

  it('takes a variable that is set to nothing as not set', () => {
    const config = loadConfig(serverEnvironment, { PORT: '', REDIS_URL: '', HOST: '0.0.0.0' });
    expect(config).toEqual({ HOST: '0.0.0.0', PORT: 4000, LOG_LEVEL: 'info' });
  });

  it('reads everything that a subgraph needs', () => {
    const shape = { ...serviceEnvironment, ...databaseEnvironment('ledger'), ...peerEnvironment('wallet', 'risk') };
    const config = loadConfig(shape, {
      ...keys,
      PORT: '4101',
      LEDGER_DATABASE_URL: 'postgresql://ledger_service:secret@db:5432/ledger',
      WALLET_URL: 'http://wallet:4000/graphql',
      RISK_URL: 'https://risk.example/graphql',
    });
    expect(config.PORT).toBe(4101);
    expect(config.LEDGER_DATABASE_URL).toBe('postgresql://ledger_service:secret@db:5432/ledger');
    expect(config.LEDGER_MIGRATION_URL).toBeUndefined();
    expect(config.RISK_URL).toBe('https://risk.example/graphql');
    expect(config.SERVICE_KEY_FILE.kid).toBe(key.kid);
    expect(config.SERVICE_JWKS_FILE.keys[0]?.service).toBe('ledger');
  });

  it('reports all problems at once, one line each, naming the variable and not the value', () => {
    const shape = { ...serviceEnvironment, ...databaseEnvironment('ledger'), ...peerEnvironment('risk') };
    const load = () =>
      loadConfig(shape, {
        PORT: '70000',
        LOG_LEVEL: 'loud',
        REDIS_URL: 'hunter2',
        LEDGER_MIGRATION_URL: 'mysql://root:hunter2@db/ledger',
        RISK_URL: 'risk:4000',
        ACCESS_TOKEN_JWKS_URL: 'ftp://profile',
        SERVICE_KEY_FILE: join(directory, 'missing.json'),
        SERVICE_JWKS_FILE: directory,
      });
    expect(problemsOf(load)).toEqual([
      'PORT: must be 0 to 65535 (0 picks a free one)',
      'LOG_LEVEL: must be silent, fatal, error, warn, info, debug or trace',
      'REDIS_URL: must be a redis:// address',
      'ACCESS_TOKEN_JWKS_URL: must be an http:// or https:// address',
      `SERVICE_JWKS_FILE: the file ${directory} cannot be used (EISDIR)`,
      `SERVICE_KEY_FILE: there is no file ${join(directory, 'missing.json')}`,
      'LEDGER_DATABASE_URL: is required',
      'LEDGER_MIGRATION_URL: must be a postgresql:// address',
      'RISK_URL: must be an http:// or https:// address',
    ]);
    expect(load).not.toThrow(/hunter2/);
  });

  it.each(['4000.5', 'http', '-1', '0x10', ' '])('does not take %j for a port', (PORT) => {
    expect(problemsOf(() => loadConfig(serverEnvironment, { PORT }))[0]).toMatch(/^PORT: must be/);
  });

  it('says what is wrong with a file that is there', () => {
    const shape = { SERVICE_KEY_FILE: serviceEnvironment.SERVICE_KEY_FILE };
    const path = file('public.json', publicJwk(key));
    expect(problemsOf(() => loadConfig(shape, { SERVICE_KEY_FILE: path }))).toEqual([
      `SERVICE_KEY_FILE: ${path}: not a private P-256 key in JWK format`,
    ]);
  });

  it('takes variables of a service’s own', () => {
    expect(loadConfig({ QUOTE_SECONDS: z.coerce.number().default(30) }, {})).toEqual({ QUOTE_SECONDS: 30 });
  });
});

describe('a variable for a whole number', () => {
  const shape = { BATCH: numberVariable(1, 1_000).default(200) };

  it.each([
    ['1', 1],
    ['1000', 1_000],
    ['', 200],
  ])('takes %o as %d', (text, number) => {
    expect(loadConfig(shape, { BATCH: text })).toEqual({ BATCH: number });
  });

  it.each(['0', '1001', '-1', '1.5', '1e2', 'many', '9'.repeat(400)])('refuses %o', (text) => {
    expect(problemsOf(() => loadConfig(shape, { BATCH: text }))).toEqual([
      'BATCH: must be a whole number from 1 to 1000',
    ]);
  });
});
