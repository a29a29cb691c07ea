import type { Addresses } from './environment.ts';

/** All services of an installation, running. */
export interface Services {
  /** The gateway's GraphQL address. */
  readonly url: string;
  /** Those of all services, the gateway's among them. */
  readonly addresses: Addresses;
  stop(): Promise<void>;
}
