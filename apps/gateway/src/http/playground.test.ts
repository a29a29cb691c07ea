import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpServer, createLogger } from '@paygraph/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servePlayground } from './playground.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'playground-'));
});
afterEach(() => rm(directory, { recursive: true }));

const get = async (url: string) => {
  const app = createHttpServer({ logger: createLogger({ service: 'gateway', level: 'silent' }) });
  await servePlayground(app, directory);
  try {
    return await app.inject({ method: 'GET', url });
  } finally {
    await app.close();
  }
};
const policyOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['content-security-policy']);

describe('the built Playground', () => {
  beforeEach(async () => {
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>Playground</title>');
    await writeFile(join(directory, 'assets', 'main-B1x2.js'), 'export {}');
    await writeFile(join(directory, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  });

  it.each(['/', '/playground'])('is where %s leads', async (url) => {
    expect(await get(url)).toMatchObject({ statusCode: 302, headers: { location: '/playground/' } });
  });

  it.each(['/playground/', '/playground/assets/main-B1x2.js', '/playground/favicon.svg'])(
    'serves %s under a policy that lets no other host and no inline script in',
    async (url) => {
      const answer = await get(url);
      expect(answer.statusCode).toBe(200);
      expect(policyOf(answer)).toContain("default-src 'none'; script-src 'self';");
      expect(policyOf(answer)).not.toMatch(/unsafe-eval|https?:|\*/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    },
  );

  it('asks anew for the page and never for what its name tells apart', async () => {
    expect((await get('/playground/')).headers['cache-control']).toBe('no-cache');
    expect((await get('/playground/favicon.svg')).headers['cache-control']).toBe('no-cache');
    expect((await get('/playground/assets/main-B1x2.js')).headers['cache-control']).toBe(
      'public, max-age=31536000, immutable',
    );
  });

  it.each(['/playground/../package.json', '/playground/%2e%2e/package.json', '/playground/absent.js'])(
    'serves nothing else: %s',
    async (url) => {
      expect((await get(url)).statusCode).toBeGreaterThanOrEqual(400);
    },
  );
});

it('that has not been built says how to build it', async () => {
  const answer = await get('/playground/');
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['content-type']).toContain('text/html');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).toContain('npm run build');
});
