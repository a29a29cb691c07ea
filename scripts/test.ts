/**
 * `npm test`: the checks of the whole repository, then every test, or those whose file the arguments name.
 * `npm run test:browser` is the same for the tests in a browser, `npm run test:ledger-crashes` for the full form of the
 * ledger's proofs under crashes and load, which takes some minutes, `npm run test:security` for that of the security and
 * fault suites, and `npm run test:chaos` for that of the whole platform's. The last line says how many passed and failed; a
 * check counts as one, and so does a run that breaks down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface Count {
  passed: number;
  failed: number;
}

interface Plan {
  /** Before all else. */
  first: string[];
  /** At the same time. */
  checks?: string[][];
  options?: string[];
  /** Those whose path contains one of these; all if there are none. */
  files?: string[];
  env?: Record<string, string>;
}

const generate = ['npm', 'run', '--silent', 'generate'];
const plans = {
  node: {
    first: generate,
    checks: [
      ['biome', 'check'],
      ['tsc', '--noEmit', '--project', '.'],
      ['tsc', '--noEmit', '--project', 'apps/playground'],
    ],
  },
  browser: {
    first: ['npm', 'run', '--silent', 'build'],
    options: ['--config', 'vitest.browser.config.ts'],
  },
  security: {
    first: generate,
    files: ['tests/security', 'tests/faults'],
    env: { SECURITY: 'full' },
  },
  'ledger-crashes': {
    first: generate,
    options: ['--no-file-parallelism'],
    files: ['subgraphs/ledger/src/proofs'],
    env: { LEDGER_PROOFS: 'full' },
  },
  chaos: {
    first: generate,
    files: ['tests/chaos'],
    env: { CHAOS: 'full' },
  },
} satisfies Record<string, Plan>;

const root = fileURLToPath(new URL('..', import.meta.url));
const env = {
  ...process.env,
  PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
};

async function succeeds([program = '', ...parameters]: string[], more: Record<string, string> = {}): Promise<boolean> {
  const child = spawn(program, parameters, { cwd: root, env: { ...env, ...more }, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code === 0;
}

async function check(command: string[]): Promise<Count> {
  const passed = await succeeds(command);
  console.log(`${passed ? '✓' : '✗'} ${command.join(' ')}`);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Vitest's exit code also tells of files that did not load and of errors nobody caught, which its counts leave out. */
async function runTests({ options = [], files = [], env }: Plan): Promise<Count> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'paygraph-report-'));
  const report = path.join(folder, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const passed = await succeeds(['vitest', 'run', ...options, ...files, ...reporters], env);
  const counts = await readReport(report);
  await rm(folder, { recursive: true });
  return passed ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

async function readReport(file: string): Promise<Count> {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(file, 'utf8'));
    return { passed: Number(numPassedTests), failed: Number(numFailedTests) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function run(plan: Plan): Promise<Count> {
  if (process.env.CI && !process.env.REDIS_URL) {
    console.error('REDIS_URL is not set: in CI the tests of the Redis bus have to run.');
    return { passed: 0, failed: 1 };
  }
  const first = await check(plan.first);
  const checks = await Promise.all((plan.checks ?? []).map(check));
  const counts = [first, ...checks, await runTests(plan)];
  const sum = (of: keyof Count) => counts.reduce((total, count) => total + count[of], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

const [name = ''] = process.argv.slice(2);
const isNamed = (text: string): text is keyof typeof plans => Object.hasOwn(plans, text);
const files = process.argv.slice(isNamed(name) ? 3 : 2);
const plan: Plan = isNamed(name) ? plans[name] : plans.node;
const { passed, failed } = await run(files.length > 0 ? { ...plan, files } : plan);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
