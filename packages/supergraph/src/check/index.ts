export { checkSchema, type SchemaCheck, type SchemaCheckOptions } from './check.ts';
export { manifestsOfClients } from './clients.ts';
export { type Manifest, ManifestError, manifestOf, type RegisteredOperation, readManifests } from './manifest.ts';
