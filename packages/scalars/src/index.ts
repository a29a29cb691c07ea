export { instantOf } from './instant.ts';
export { addScalars, checkScalarsOfClients } from './schema.ts';
