import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePorts, until } from '@paygraph/standalone';

/** Whether this machine has a Redis to start. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of a test's own, which keeps nothing. */
export interface TestRedis {
  readonly url: string;
  /** Ends it as a crash would, with all that it held. */
  crash(): Promise<void>;
  /** Starts it again after a crash, empty, at the same address. */
  restart(): Promise<void>;
  /** It neither answers nor refuses anybody until it goes on. */
  hang(): void;
  goOn(): void;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const [port = 0] = await freePorts(1);
  let running = await start(port);
  const crash = async () => {
    const gone = once(running, 'exit');
    if (running.kill('SIGKILL')) await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    crash,
    async restart() {
      running = await start(port);
    },
    hang: () => void running.kill('SIGSTOP'),
    goOn: () => void running.kill('SIGCONT'),
    stop: crash,
  };
}

async function start(port: number): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings, { stdio: 'ignore' });
  await until('Redis listens', 30_000, async () => {
    if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode}`);
    return isListening(port);
  });
  return child;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
