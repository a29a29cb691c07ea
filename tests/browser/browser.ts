import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What a page did that it must not do. */
export interface Misdeeds {
  /** Errors on the console, uncaught ones and breaches of the Content-Security-Policy. */
  readonly errors: readonly string[];
  /** Requests and WebSockets to another host than the page's own. */
  readonly strangers: readonly string[];
}

/** Starts the Chromium named by `CHROMIUM`, or Debian's. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
}

/** Keeps watch over a page; call it before the page goes anywhere. */
export async function observe(page: Page, origin: string): Promise<Misdeeds> {
  const errors: string[] = [];
  const strangers: string[] = [];
  const own = new URL(origin).host;
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  const meet = (address: string) => {
    const { host, protocol } = new URL(address);
    if (host !== own && protocol !== 'data:') strangers.push(address);
  };
  page.on('request', (request) => meet(request.url()));
  page.on('websocket', (socket) => meet(socket.url()));
  await page.exposeFunction('reportViolation', (violation: string) => errors.push(violation));
  await page.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) =>
      reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
  `);
  return { errors, strangers };
}

/** Keeps a picture of the page in `artifacts/`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const directory = fileURLToPath(new URL('../../artifacts/', import.meta.url));
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: `${directory}${name}.png` });
}
