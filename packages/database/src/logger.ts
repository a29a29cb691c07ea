import type { Logger as ServiceLogger } from '@paygraph/service';

/** What this package asks of a logger. */
export type Logger = Pick<ServiceLogger, 'debug' | 'info' | 'warn'>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {} };
