import { expect, it } from 'vitest';
import { createNegotiation } from './accept.ts';

const graphql = { type: 'application/graphql-response+json', isLegacy: false };
const json = { type: 'application/json', isLegacy: true };
const any = { type: 'application/json', isLegacy: false };

it.each([
  [undefined, any],
  ['*/*', any],
  ['application/json', json],
  ['application/json; charset=UTF-8', json],
  ['application/graphql-response+json, application/json;q=0.9', graphql],
  ['application/json;q=0.5, application/graphql-response+json;q=0.6', graphql],
  ['multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9', graphql],
  ['text/html, */*;q=0.1', any],
  ['text/html', undefined],
  ['application/json;q=0', undefined],
  ['application/json;charset=iso-8859-1', undefined],
  ['', undefined],
])('a client that accepts %j is answered with %j', (accept, answered) => {
  const negotiate = createNegotiation();
  expect(negotiate(accept)).toEqual(answered);
  expect(negotiate(accept)).toEqual(answered);
});
