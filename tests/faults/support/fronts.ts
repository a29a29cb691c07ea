import { type DatabaseName, databaseNames } from '@paygraph/database';
import type { Service } from '@paygraph/standalone';
import { afterAll } from 'vitest';
import { usePlatform } from '../../support/journey.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { type Front, frontOf } from './front.ts';

/** A platform with a front before every subgraph, which speaks to all who ask it. To be called where tests are defined. */
export function useFronts(settings: Readonly<Record<string, string>>): {
  readonly platform: () => TestPlatform;
  readonly front: (service: DatabaseName) => Front;
} {
  const fronts = new Map<Service, Front>();
  afterAll(async () => {
    for (const front of fronts.values()) await front.close();
  });
  const platform = usePlatform('one process', () => ({
    settings,
    async between(service, url) {
      if (!databaseNames.some((name) => name === service)) return url;
      const front = await frontOf(url);
      fronts.set(service, front);
      return front.url;
    },
  }));
  return {
    platform,
    front(service) {
      const front = fronts.get(service);
      if (!front) throw new Error(`Nothing stands before ${service}`);
      return front;
    },
  };
}
