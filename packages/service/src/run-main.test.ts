import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const here = new URL('./index.ts', import.meta.url).href;

/** Runs a main module of its own process. `until` resolves when it has printed the text. */
function run(body: string, env: NodeJS.ProcessEnv = {}) {
  const code = `import { runMain, loadConfig, serverEnvironment, PortInUseError } from ${JSON.stringify(here)};
    const say = (text) => process.stdout.write(text + '\\n');
    const forever = setInterval(() => {}, 1000);
    ${body}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, NODE_NO_WARNINGS: '1', PORT: 'many', LOG_LEVEL: 'loud', ...env },
  });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const exit = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const until = (text: string) => expect.poll(() => stdout, { timeout: 25_000 }).toContain(text);
  return { child, exit, until };
}

describe('a process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('stops gracefully on %s and ends well', async (signal) => {
    const { child, exit, until } = run(`
      await runMain(async () => {
        say('up');
        return { stop: async () => say('stopped') };
      });`);
    await until('up');
    child.kill(signal);
    expect(await exit).toEqual({ code: 0, stdout: 'up\nstopped\n', stderr: '' });
  });

  it('ends at once on a second signal, but takes a doubled one for the same', async () => {
    const { child, exit, until } = run(`
      await runMain(async () => {
        say('up');
        return { stop: () => new Promise(() => { say('stopping'); setTimeout(say, 600, 'waiting'); }) };
      });`);
    await until('up');
    child.kill('SIGINT');
    child.kill('SIGINT');
    await until('waiting');
    child.kill('SIGINT');
    expect(await exit).toEqual({
      code: 130,
      stdout: 'up\nstopping\nwaiting\n',
      stderr: 'Stopped at once by a second SIGINT\n',
    });
  });

  it('does not wait for ever to stop', async () => {
    const { child, exit, until } = run(
      `
      await runMain(async () => {
        say('up');
        return { stop: () => new Promise(() => {}) };
      });`,
      { SHUTDOWN_SECONDS: '1' },
    );
    await until('up');
    child.kill('SIGTERM');
    expect(await exit).toMatchObject({ code: 1, stderr: 'Stopping took too long\n' });
  });

  it('told to stop while it starts stops as soon as it has started', async () => {
    const { child, exit, until } = run(`
      await runMain(async () => {
        say('starting');
        await new Promise((resolve) => process.once('SIGTERM', () => setImmediate(resolve)));
        return { stop: async () => say('stopped') };
      });`);
    await until('starting');
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, stdout: 'starting\nstopped\n', stderr: '' });
  });

  it('with a wrong configuration ends with one line per variable', async () => {
    const { exit } = run('await runMain(async () => loadConfig(serverEnvironment));');
    expect(await exit).toEqual({
      code: 1,
      stdout: '',
      stderr: 'PORT: must be a port number\nLOG_LEVEL: must be silent, fatal, error, warn, info, debug or trace\n',
    });
  });

  it('with a wrong time to stop in does not start', async () => {
    const { exit } = run("await runMain(async () => say('up'));", { SHUTDOWN_SECONDS: 'soon' });
    const { code, stdout, stderr } = await exit;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^SHUTDOWN_SECONDS: /);
  });

  it('whose port is taken ends with the one line that says what to do', async () => {
    const { exit } = run("await runMain(async () => { throw new PortInUseError(4000, 'PORT'); });");
    expect(await exit).toMatchObject({
      code: 1,
      stderr: 'Port 4000 is already in use: set PORT to another one.\n',
    });
  });

  it('whose key is damaged ends with the one line that says which', async () => {
    const { exit } = run(`
      const { KeyError } = await import('@paygraph/auth');
      await runMain(async () => { throw new KeyError('ledger.key.json: not a JSON object'); });`);
    expect(await exit).toMatchObject({ code: 1, stderr: 'ledger.key.json: not a JSON object\n' });
  });

  it('stops what runs when something breaks that nobody caught', async () => {
    const { exit } = run(`
      await runMain(async () => {
        setImmediate(() => Promise.reject(new Error('nobody caught this')));
        return { stop: async () => say('stopped') };
      });`);
    const { code, stdout, stderr } = await exit;
    expect([code, stdout]).toEqual([1, 'stopped\n']);
    expect(stderr).toContain('nobody caught this');
  });

  it('ends badly when stopping fails', async () => {
    const { child, exit, until } = run(`
      await runMain(async () => {
        say('up');
        return { stop: async () => { throw new Error('cannot stop'); } };
      });`);
    await until('up');
    child.kill('SIGTERM');
    const { code, stderr } = await exit;
    expect([code, stderr.includes('cannot stop')]).toEqual([1, true]);
  });
});
