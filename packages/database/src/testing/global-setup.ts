import type { TestProject } from 'vitest/node';
import { startTestCluster, type TestServer } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** One PostgreSQL for the whole run; its test files clone what they need. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startTestCluster();
  project.provide('testServer', { address: cluster.address, broken: cluster.broken });
  return cluster.stop;
}
