import { type GraphQLSchema, isScalarType } from 'graphql';
import { type ScalarFunctions, scalars } from './scalars.ts';

/** Gives the custom scalars that a schema declares their functions, by name. Changes the schema it is given. */
export function addScalars(schema: GraphQLSchema): void {
  assign(schema, ({ serialize, parseValue, parseLiteral }) => ({ serialize, parseValue, parseLiteral }));
}

/** The same for a schema whose answers others have made: only what clients give is checked. */
export function checkScalarsOfClients(schema: GraphQLSchema): void {
  assign(schema, ({ parseValue, parseLiteral }) => ({ parseValue, parseLiteral }));
}

function assign(schema: GraphQLSchema, pick: (functions: ScalarFunctions) => Partial<ScalarFunctions>): void {
  for (const [name, functions] of Object.entries(scalars)) {
    const type = schema.getType(name);
    if (isScalarType(type)) Object.assign(type, pick(functions));
  }
}
