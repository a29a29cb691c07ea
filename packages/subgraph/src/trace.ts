import { currentSpan, traced } from '@paygraph/tracing';
import { defaultFieldResolver, type GraphQLSchema } from 'graphql';

/** Has every query's and mutation's root field, entities among them, resolved in a span of its own. */
export function traceRootFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {})) {
      const resolve = field.resolve ?? defaultFieldResolver;
      const name = `${type?.name}.${field.name}`;
      field.resolve = (parent, args, context, info) =>
        currentSpan()
          ? traced(name, {}, () => resolve(parent, args, context, info))
          : resolve(parent, args, context, info);
    }
}
