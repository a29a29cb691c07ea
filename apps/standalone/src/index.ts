export {
  type Authority,
  type CertificateAndKey,
  createAuthority,
  readAuthority,
  type Validity,
} from './certificates/authority.ts';
export { makeCertificates } from './certificates/make.ts';
export { type PlatformOptions, startPlatform } from './platform.ts';
export {
  type Addresses,
  environmentOf,
  type Installation,
  keyHolders,
  outboxBeside,
  type Service,
  serviceNames,
  subgraphNames,
} from './services/environment.ts';
export { freePorts, isFree } from './services/free-ports.ts';
export { type ProcessOptions, type ProcessServices, startProcesses } from './services/many-processes.ts';
export { type Between, startInOneProcess } from './services/one-process.ts';
export type { Services } from './services/services.ts';
export { until } from './until.ts';
