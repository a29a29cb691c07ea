/** `npm run keys -- <folder>`: makes the signing keys of an installation once, for the containers of docker-compose.yml. */
import { ensureKeys } from '@paygraph/auth';
import { keyHolders } from './services/environment.ts';

const [directory = 'deploy/keys'] = process.argv.slice(2);
const { serviceJwksFile } = await ensureKeys({ directory, services: keyHolders });
process.stdout.write(`The keys are in ${directory}; ${serviceJwksFile} is the public half.\n`);
