import { Counter, Gauge, type Registry } from 'prom-client';
import type { CircuitState } from '../subgraphs/breaker.ts';
import type { CallObserver } from '../subgraphs/observer.ts';
import type { RemoteSubgraph } from '../subgraphs/subgraph.ts';

/** Measures how subgraphs are called. */
export interface CallMetrics {
  /** Counts what becomes of the calls of a subgraph. */
  calls(subgraph: string): CallObserver;
  /** Shows from now on how things stand with a subgraph. */
  show(subgraph: RemoteSubgraph): void;
}

const circuits: readonly CircuitState[] = ['closed', 'half-open', 'open'];

export function createCallMetrics(registry: Registry): CallMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `paygraph_gateway_${name}`, help, labelNames: ['subgraph', ...labelNames], registers });
  const retries = counter('retries_total', 'Failed tries that were repeated, or not for want of budget.', ['outcome']);
  const hedges = counter('hedges_total', 'Late fetches of entities, by what came of a second request.', ['outcome']);
  const refused = counter('refused_calls_total', 'Calls that were turned away unsent, by why.', ['reason']);
  const shared = counter('shared_calls_total', 'Calls that were answered by the request of another one.', []);
  const shown = new Set<RemoteSubgraph>();

  const gauge = (name: string, help: string, read: (subgraph: RemoteSubgraph) => number) =>
    new Gauge({
      ...{ name: `paygraph_gateway_${name}`, help, labelNames: ['subgraph'], registers },
      collect() {
        this.reset();
        for (const subgraph of shown) this.inc({ subgraph: subgraph.name }, read(subgraph));
      },
    });
  gauge('requests_under_way', 'Requests to subgraphs that are under way.', (each) => each.standing().underWay);
  gauge('calls_waiting', 'Calls of subgraphs that wait for their turn.', (each) => each.standing().waiting);
  new Gauge({
    name: 'paygraph_gateway_circuit',
    help: '1 for the state that the circuit of the subgraph is in, 0 for the others.',
    labelNames: ['subgraph', 'state'],
    registers,
    collect() {
      this.reset();
      const pairs = [...shown].flatMap(({ name, standing }) =>
        circuits.map((state) => [name, state, standing] as const),
      );
      for (const [subgraph, state] of pairs) this.set({ subgraph, state }, 0);
      // A subgraph that has moved stands here with both of its addresses, of which either may be out of order.
      for (const [subgraph, state, standing] of pairs)
        if (standing().circuit === state) this.set({ subgraph, state }, 1);
    },
  });

  return {
    calls: (subgraph) => ({
      retried: (outcome) => retries.inc({ subgraph, outcome }),
      hedged: (outcome) => hedges.inc({ subgraph, outcome }),
      refused: (reason) => refused.inc({ subgraph, reason }),
      shared: () => shared.inc({ subgraph }),
    }),
    show: (subgraph) => void shown.add(subgraph),
  };
}
