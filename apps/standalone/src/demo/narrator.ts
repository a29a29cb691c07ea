import { styleText } from 'node:util';
import type { operations } from '../client/index.ts';

/** Tells a story on a terminal and keeps count of what did not hold. */
export interface Narrator {
  chapter(title: string): void;
  say(text: string): void;
  /** States a fact that must be true. */
  check(fact: string, holds: boolean): void;
  readonly failures: readonly string[];
}

export function createNarrator(write: (text: string) => void): Narrator {
  const failures: string[] = [];
  let chapters = 0;
  return {
    failures,
    chapter(title) {
      chapters += 1;
      write(`\n${styleText('bold', `${chapters}. ${title}`)}\n`);
    },
    say: (text) => write(`   ${text}\n`),
    check(fact, holds) {
      if (!holds) failures.push(fact);
      write(`   ${holds ? styleText('green', '✓') : styleText('red', '✗')} ${fact}\n`);
    },
  };
}

export const money = ({ amount, currency }: operations.Money): string => `${amount} ${currency}`;
