export { type Documented, documented, formOf, schemaOf } from './documentation.ts';
export { schemaFaults } from './schema.ts';
