import { FieldDefinition, type Schema } from '@apollo/federation-internals';

/** `@resumable`: a client resumes by giving `argument` the value of `field` in the last event it has. */
export interface Resumable {
  readonly argument: string;
  readonly field: string;
}

const SPECIFICATION = 'https://paygraph.dev/resumable';

/** The subscription fields of a supergraph that carry `@resumable`, under whatever name it was imported. */
export function resumableSubscriptions(supergraph: Schema): ReadonlyMap<string, Resumable> {
  const found = new Map<string, Resumable>();
  const name = supergraph.coreFeatures?.getByIdentity(SPECIFICATION)?.directiveNameInSchema('resumable');
  const directive = name === undefined ? undefined : supergraph.directive(name);
  const subscription = supergraph.schemaDefinition.rootType('subscription');
  for (const application of directive?.applications() ?? []) {
    const { argument, field } = application.arguments();
    const owner: unknown = application.parent;
    if (!(owner instanceof FieldDefinition) || owner.parent !== subscription) continue;
    if (typeof argument === 'string' && typeof field === 'string') found.set(owner.name, { argument, field });
  }
  return found;
}
