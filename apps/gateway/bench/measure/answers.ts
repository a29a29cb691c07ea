import { isDeepStrictEqual } from 'node:util';
import type { RunningGateway } from '../gateways.ts';
import { type Workload, workloads } from '../workloads.ts';

/**
 * Makes sure that all gateways answer every request the same, but for the order of keys: only then is it fair to compare them.
 *
 * @returns the length of each workload's answer in bytes
 * @throws Error naming who answers something else, or with errors
 */
export async function answersOf(
  gateways: readonly RunningGateway[],
  authorization: string,
): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [name, { query, variables }] of Object.entries<Workload>(workloads)) {
    for (const each of variables) {
      const answers = await Promise.all(gateways.map(({ url }) => ask(url, authorization, { query, variables: each })));
      for (const [index, { text, body }] of answers.entries()) {
        const who = `${gateways[index]?.name} ${name} ${JSON.stringify(each)}`;
        if (body.errors || !body.data) throw new Error(`${who}: ${text.slice(0, 1000)}`);
        if (!isDeepStrictEqual(body.data, answers[0]?.body.data))
          throw new Error(`${who} answers otherwise than ${gateways[0]?.name}: ${text.slice(0, 1000)}`);
      }
      sizes[name] = answers[0]?.text.length ?? 0;
    }
  }
  return sizes;
}

async function ask(url: string, authorization: string, body: object) {
  const headers = { 'content-type': 'application/json', authorization };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { text, body: JSON.parse(text) as { data?: object; errors?: object } };
}
