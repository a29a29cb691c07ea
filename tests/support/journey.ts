import { afterAll, afterEach, beforeAll } from 'vitest';
import { expectAgreement } from './agreement.ts';
import { type PlatformOptions, startTestPlatform, type TestPlatform, type Topology } from './platform.ts';

/**
 * One platform for all tests of a file or block, each of which must leave the databases in agreement. To be called where
 * tests are defined; what it answers gives the platform while they run.
 *
 * @param options asked for when it starts
 */
export function usePlatform(topology: Topology, options: () => PlatformOptions = () => ({})): () => TestPlatform {
  let platform: TestPlatform | undefined;
  const running = () => {
    if (!platform) throw new Error('The platform is not running');
    return platform;
  };
  beforeAll(async () => {
    platform = await startTestPlatform(topology, options());
  }, 120_000);
  afterEach(() => expectAgreement(running()), 70_000);
  afterAll(() => platform?.stop());
  return running;
}
