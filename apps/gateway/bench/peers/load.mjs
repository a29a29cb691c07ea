/**
 * Closed-loop clients, one request after the other each: reads a load from the standard input, writes what came of it.
 * A load is for so many `seconds`, or of so many requests (`amount`).
 */
import autocannon from 'autocannon';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { url, authorization, query, variables, connections, seconds, amount } = JSON.parse(text);
const headers = { 'content-type': 'application/json', authorization };
const requests = variables.map((each) => ({
  method: 'POST',
  headers,
  body: JSON.stringify({ query, variables: each }),
}));

// Each client begins elsewhere: in step they would all ask the same at once.
let clients = 0;
const setupClient = (client) => {
  const from = Math.floor((requests.length * clients++) / connections);
  client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
};

const result = await autocannon({
  url,
  ...(amount ? { amount } : { duration: seconds }),
  connections,
  requests,
  setupClient,
});
const { latency, non2xx, errors } = result;
console.log(
  JSON.stringify({
    requests: result['2xx'],
    seconds: result.duration,
    failed: non2xx + errors,
    p50: latency.p50,
    p99: latency.p99,
  }),
);
