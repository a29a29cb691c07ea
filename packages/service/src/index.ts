export { BriefMap } from './brief-map.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  ConfigError,
  databaseEnvironment,
  fileVariable,
  loadConfig,
  numberVariable,
  peerEnvironment,
  serverEnvironment,
  serviceEnvironment,
} from './config.ts';
export { createDurations, type Observe } from './durations.ts';
export { type Dependencies, type Dependency, type Health, optional, required } from './health.ts';
export { createHttpServer, type HttpServerOptions } from './http.ts';
export { listen, PortInUseError } from './listen.ts';
export { createLogger, type Logger } from './logger.ts';
export { createLru, type Lru, type LruOptions } from './lru.ts';
export { createMetrics, inFlight, type Metrics, type MetricsOptions } from './metrics.ts';
export { OperatorError } from './operator-error.ts';
export { RequestLogger } from './request-logger.ts';
export { createRoutine, type Routine, type RoutineOptions } from './routine.ts';
export { type Running, type RunningService, runMain } from './run-main.ts';
export { connectorTo, isOpenedBy, publishedKeys, type Tls, type TlsConnection, tlsFrom } from './tls.ts';
export { spanOf, type Tracing, tracingFrom } from './tracing.ts';
