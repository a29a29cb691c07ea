/** `npm run migration:new -- <subgraph> <name>`: writes the migration that takes the database to `schema.prisma`. */
import path from 'node:path';
import { databaseNames, isDatabaseName } from '../names.ts';
import { writeMigration } from './write.ts';

const [subgraph = '', title = ''] = process.argv.slice(2);
if (!isDatabaseName(subgraph) || !/^[a-z][a-z0-9_]*$/.test(title)) {
  console.error(`Usage: npm run migration:new -- <${databaseNames.join('|')}> <name_in_snake_case>`);
  process.exit(2);
}
console.log(path.relative(process.cwd(), await writeMigration(subgraph, title, new Date())));
// The engine leaves a timer of ten seconds behind.
process.exit();
