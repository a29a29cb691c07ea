import { fileURLToPath } from 'node:url';

export { demoAccounts, demoPassword } from './src/demo-accounts.ts';

/** Where `npm run build` puts the Playground's files, to be served below `/playground/`. */
export const playgroundDirectory = fileURLToPath(new URL('dist', import.meta.url));

/**
 * The `Content-Security-Policy` to serve them with: everything from the same host, no inline script and no `eval`.
 *
 * Styles need `'unsafe-inline'`: Monaco positions every line with a `style` attribute and writes theme colours into
 * `<style>` elements as it goes, so neither hashes nor nonces can name them. Its fonts are data URLs in the style sheets.
 * `'self'` in `connect-src` includes the WebSocket of the same host.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
