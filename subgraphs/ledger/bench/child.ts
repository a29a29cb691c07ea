import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a program of the benchmark in a process of its own; it says when it is ready. */
export async function startChild(program: string, env: NodeJS.ProcessEnv = process.env): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), { env, execArgv: ['--import', 'tsx'] });
  await answerOf(child);
  return child;
}

/** Has a child do a task, and answers what it found. */
export async function run<Task extends object, Answer>(child: ChildProcess, task: Task): Promise<Answer> {
  child.send(task);
  return (await answerOf(child)) as Answer;
}

export async function endChild(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, 'exit');
}

/** @throws Error when the process ends instead */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('A process of the benchmark ended');
  });
  try {
    const [answer] = await Promise.race([once(child, 'message'), exit]);
    return answer;
  } finally {
    ended.abort();
    exit.catch(() => {});
  }
}
