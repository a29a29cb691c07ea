import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** The panes of GraphiQL, by the name of the file that each edits. */
export type Pane = 'operation.graphql' | 'variables.json' | 'request-headers.json' | 'response.json';

/** Waits until GraphiQL takes orders: before its editors stand it ignores them. */
export async function untilReady(page: Page): Promise<void> {
  const editors = () => page.evaluate('globalThis.__MONACO?.editor.getEditors().length');
  await expect.poll(editors, { timeout: 20_000 }).toBe(4);
}

/** The whole text of a pane: on the screen is only what fits. */
export function textOf(page: Page, pane: Pane): Promise<string> {
  return page.evaluate<string>(`${modelOf(pane)}.getValue()`);
}

/** Replaces the text of a pane with that of a JSON value. */
export async function write(page: Page, pane: Pane, value: unknown): Promise<void> {
  await page.evaluate(`${modelOf(pane)}.setValue(JSON.stringify(${JSON.stringify(value)}, null, 2))`);
}

function modelOf(pane: Pane): string {
  return `globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith('${pane}'))`;
}

/** Opens a tab by its title. */
export async function openTab(page: Page, title: string): Promise<void> {
  await page.getByRole('tab').getByTitle(title, { exact: true }).click();
}

/** Sends the operation of the open tab. */
export async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Waits for a response that matches, and gives its data. */
export async function answerOf(page: Page, pattern: RegExp): Promise<Record<string, unknown>> {
  await expect.poll(() => textOf(page, 'response.json'), { timeout: 20_000 }).toMatch(pattern);
  return JSON.parse(await textOf(page, 'response.json')).data;
}
