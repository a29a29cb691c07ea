import { defineConfig } from 'vitest/config';
import inNode from './vitest.config.ts';

/** Tests in a browser: `npm run test:browser`, with a Chromium at hand and the Playground built. */
export default defineConfig({
  resolve: inNode.resolve ?? {},
  test: {
    include: ['tests/browser/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
