/** `npm run certificates -- <folder>`: makes a CA for development, and a certificate of it for each service. */
import { serviceNames } from '../services/environment.ts';
import { makeCertificates } from './make.ts';

const [directory = 'deploy/certificates'] = process.argv.slice(2);
await makeCertificates({ directory, services: serviceNames });
process.stdout.write(`The certificates are in ${directory}, for 30 days; run this again to renew them.\n`);
