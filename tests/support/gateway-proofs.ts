import { createProver, type ServiceName } from '@paygraph/auth';
import type { TestPlatform } from './platform.ts';

/** What the gateway would send beside a request to a service: for tests of what stands behind its proof. */
export function gatewayProofs({ keys }: Pick<TestPlatform, 'keys'>, service: ServiceName, accessToken?: string) {
  const gateway = keys.serviceKeys.get('gateway');
  if (!gateway) throw new Error('The gateway has no key');
  const prove = createProver({ key: gateway.key, jwks: keys.serviceJwks, service });
  const authorization = accessToken === undefined ? undefined : `Bearer ${accessToken}`;
  const requestId = 'req_of_a_test';
  return {
    headersOf: (body: string): Record<string, string> => ({
      'x-request-id': requestId,
      'x-paygraph-proof': prove({ requestId, authorization, body }),
    }),
    connectionParams: () => ({ authorization, requestId, proof: prove({ requestId, authorization, body: '' }) }),
  };
}
