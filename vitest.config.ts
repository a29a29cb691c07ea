import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Apollo's packages are CommonJS: the copy of graphql that they load has to be the one that our modules load.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['{packages,subgraphs,apps,tests,scripts}/**/*.test.ts'],
    environment: 'node',
    globalSetup: './packages/database/src/testing/global-setup.ts',
    pool: 'forks',
    // Files share what a worker has loaded: loading it for each takes longer than the tests do. They leave nothing behind.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 30_000,
  },
});
