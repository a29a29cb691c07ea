import { KeyError } from '@paygraph/auth';
import { loadConfig, numberVariable } from './config.ts';
import { OperatorError } from './operator-error.ts';

export interface Running {
  stop(): Promise<void>;
}

/** A service that answers at `url`. */
export interface RunningService extends Running {
  readonly url: string;
}

/** `npm` and a terminal's Ctrl+C each deliver the same keystroke: within this time in ms a repeat is not a second one. */
const sameKeystrokeMs = 500;

/**
 * Runs a process: `start`, then `stop` on SIGINT or SIGTERM or at the end of a parent that keeps an IPC channel, at most
 * `SHUTDOWN_SECONDS`, exit code 0. A second signal exits at once.
 * What is thrown ends the process with code 1 and, when it is the operator's to mend, one line per problem.
 */
export async function runMain(start: () => Promise<Running>) {
  const stopWithinMs = shutdownMs();
  let running: Running | undefined;
  let stopping: number | undefined;

  const finish = async (code: number) => {
    // Unreferenced, so that it does not keep a process alive which has nothing left to do.
    setTimeout(() => end(1, 'Stopping took too long'), stopWithinMs).unref();
    try {
      await running?.stop();
    } catch (error) {
      end(1, describe(error));
    }
    process.exit(code);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping !== undefined && Date.now() - stopping < sameKeystrokeMs) return;
    if (stopping !== undefined) end(signal === 'SIGINT' ? 130 : 143, `Stopped at once by a second ${signal}`);
    stopping = Date.now();
    // Before start has finished there is nothing to stop yet: it is stopped as soon as it has.
    if (running) void finish(0);
    else setTimeout(() => end(1, 'Starting did not finish before the stop'), stopWithinMs).unref();
  };
  const onFault = (error: unknown) => {
    process.stderr.write(`${describe(error)}\n`);
    if (stopping === undefined) void finish(1);
    stopping ??= Date.now();
  };

  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A parent that gave us a channel and is gone, however it ended, would otherwise leave us behind with our port.
  process.on('disconnect', () => {
    if (stopping === undefined) onSignal('SIGTERM');
  });
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  try {
    running = await start();
  } catch (error) {
    end(1, describe(error));
  }
  if (stopping !== undefined) await finish(0);
}

/** From a signal to the end of the process; a little less, so that the process ends before whoever sent it ends it. */
const shutdownEnvironment = { SHUTDOWN_SECONDS: numberVariable(1, 3_600).default(10) };

function shutdownMs(): number {
  try {
    return loadConfig(shutdownEnvironment).SHUTDOWN_SECONDS * 950;
  } catch (error) {
    end(1, describe(error));
  }
}

function end(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** One line for what the operator can mend, the stack for what is a fault of the program. */
function describe(error: unknown): string {
  if (error instanceof OperatorError || error instanceof KeyError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
