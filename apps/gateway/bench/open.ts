/** This gateway as it would be without protection: no authorization in the schema, nothing counted, proven or measured. */
import { readFileSync } from 'node:fs';
import { createAuthenticator, remoteKeys } from '@paygraph/auth';
import { createLogger } from '@paygraph/service';
import { createGateway } from '../src/gateway.ts';

const { ACCESS_TOKEN_JWKS_URL = '', SUPERGRAPH_FILE = '', HOST = '', PORT } = process.env;

const gateway = createGateway({
  supergraphSdl: readFileSync(SUPERGRAPH_FILE, 'utf8'),
  authenticate: createAuthenticator({
    accessTokenKeys: remoteKeys(new URL(ACCESS_TOKEN_JWKS_URL).href),
    audience: 'gateway',
    acceptedScopes: {},
  }),
  logger: createLogger({ service: 'gateway', level: 'info' }),
});
await gateway.listen({ host: HOST, port: Number(PORT) });
process.once('SIGTERM', () => void gateway.stop().then(() => process.exit(0)));
