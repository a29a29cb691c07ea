import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program of the project, running as `npm` would run it. */
export interface Command {
  readonly pid: number;
  /** What it has written so far. */
  output(): string;
  errors(): string;
  readonly ended: Promise<Ended>;
  /** Sends a signal and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param env all that it finds in its environment, beside what every program needs */
export function run(program: string, env: Readonly<Record<string, string>>): Command {
  const { PATH, HOME, TMPDIR } = process.env;
  const needed = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined));
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: root,
    env: { ...needed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid === undefined) throw new Error(`${program} could not be started`);
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    // Not `close`: what it has started may hold on to its pipes.
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid,
    output: () => output,
    errors: () => errors,
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
