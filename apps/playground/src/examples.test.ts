import { printSchema, Supergraph } from '@apollo/federation-internals';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import supergraphSdl from '../../../supergraph.graphql?raw';
import { examples } from './examples.ts';

describe('the examples', () => {
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null });
  const schema = buildSchema(printSchema(supergraph.apiSchema()));
  const titled = examples.map((example) => {
    const document = parse(example.document);
    const [operation] = document.definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('An example is one operation.');
    return { title: operation.name?.value, document, operation, variables: example.variables };
  });

  it.each(titled)('$title is valid in the graph that clients see', ({ document }) => {
    expect(validate(schema, document)).toEqual([]);
  });

  it.each(titled)('$title brings the variables it declares', ({ operation, variables }) => {
    const declared = operation.variableDefinitions ?? [];
    expect(getVariableValues(schema, declared, variables).errors).toBeUndefined();
    expect(Object.keys(variables)).toEqual(declared.map(({ variable }) => variable.name.value));
  });

  it('lead from logging in to watching a payment', () => {
    const titles = titled.map(({ title }) => title);
    expect(titles).toEqual(['LogIn', 'Wallets', 'OpenWallet', 'Quote', 'Pay', 'Watch']);
  });
});
