import { type ArgumentNode, Kind, parse } from 'graphql';

/**
 * Refuses a supergraph in which a field moves by and by (`@override` with a label): which subgraph is to be asked would be
 * decided for every request, which this gateway does not. Without that, all would be answered by the subgraph that the
 * field is to leave, whatever the label says.
 *
 * @throws Error naming the fields
 */
export function refuseLabels(supergraphSdl: string): void {
  const fields = parse(supergraphSdl, { noLocation: true }).definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) return [];
    const labelled = (type.fields ?? []).filter(({ directives = [] }) =>
      directives.some((each) => each.name.value === 'join__field' && each.arguments?.some(isLabel)),
    );
    return labelled.map(({ name }) => `${type.name.value}.${name.value}`);
  });
  if (fields.length > 0)
    throw new Error(`@override with a label is not supported; take the label from: ${fields.join(', ')}`);
}

function isLabel({ name, value }: ArgumentNode): boolean {
  return name.value === 'overrideLabel' && value.kind !== Kind.NULL;
}
