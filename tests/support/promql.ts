import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL expression reads. */
export interface Reads {
  /** Each with the labels that it is chosen by. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels that are grouped by. */
  readonly groups: readonly string[];
}

/** Reads an expression with Prometheus' own grammar. @throws SyntaxError naming the place */
export function readsOf(expression: string): Reads {
  // Grafana's own variable, for an interval that fits the picture.
  const text = expression.replaceAll('$__rate_interval', '5m');
  const metrics: { name: string; labels: string[] }[] = [];
  const groups: string[] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }) => text.slice(from, to);
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new SyntaxError(`at ${node.from} of: ${text}`);
      if (node.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier');
        metrics.push({ name: name ? textOf(name) : '', labels: [] });
      }
      if (node.name !== 'LabelName') return;
      if (node.matchContext(['GroupingLabels'])) groups.push(textOf(node));
      else metrics.at(-1)?.labels.push(textOf(node));
    },
  });
  return { metrics, groups };
}
