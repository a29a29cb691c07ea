import { Supergraph } from '@apollo/federation-internals';
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, validate } from 'graphql';
import { loadableSupergraph } from '../loadable.ts';
import type { RegisteredOperation } from './manifest.ts';
import { usageOf } from './usage.ts';

export interface SchemaCheck {
  /** One line each: the client, its operation, what changed and where. None of it may be released. */
  readonly broken: readonly string[];
  /** One line each: what breaks no registered operation, and what may surprise one. */
  readonly warnings: readonly string[];
}

export interface SchemaCheckOptions {
  /** The supergraph that clients were built on. */
  readonly released: string;
  /** The supergraph that is to follow. */
  readonly next: string;
  readonly operations: readonly RegisteredOperation[];
}

/**
 * Compares what clients see of two supergraphs, and tells what registered operations depend on from what nobody is known to
 * use. An operation that is not valid on the next supergraph is broken, whatever it is that changed.
 */
export async function checkSchema({ released, next, operations }: SchemaCheckOptions): Promise<SchemaCheck> {
  const [before, after] = [apiSchema(released), apiSchema(next)];
  const users = operations.map((operation) => ({ ...operation, usage: usageOf(operation.document, before) }));
  const broken: string[] = [];
  const warnings: string[] = [];
  const explained = new Set<RegisteredOperation>();

  for (const change of await diff(before, after)) {
    const { level } = change.criticality;
    if (level === CriticalityLevel.NonBreaking) continue;
    const what = `${change.message}${change.path === undefined ? '' : ` (${change.path})`}`;
    const affected = users.filter(({ usage }) => isAffected(usage, change, before));
    if (level === CriticalityLevel.Dangerous) {
      if (affected.length > 0) warnings.push(`${affected.map(nameOf).join(', ')}: may be surprised: ${what}`);
      continue;
    }
    if (affected.length === 0) warnings.push(`no registered operation: ${what}`);
    for (const operation of affected) {
      explained.add(operation);
      broken.push(`${nameOf(operation)}: ${what}`);
    }
  }
  for (const operation of users) {
    if (explained.has(operation)) continue;
    for (const { message } of validate(after, operation.document)) broken.push(`${nameOf(operation)}: ${message}`);
  }
  return { broken, warnings };
}

function nameOf({ client, name }: RegisteredOperation): string {
  return `${client}: ${name}`;
}

/** What clients see of a supergraph. */
function apiSchema(supergraphSdl: string): GraphQLSchema {
  return Supergraph.build(loadableSupergraph(supergraphSdl)).apiSchema().toGraphQLJSSchema();
}

/** A change touches whoever uses what it is about, or, for what is new, the nearest thing around it that was there. */
function isAffected(usage: ReadonlySet<string>, { path }: Change, before: GraphQLSchema): boolean {
  return path === undefined || usage.has(knownPart(path, before));
}

function knownPart(path: string, before: GraphQLSchema): string {
  const [typeName = '', fieldName = '', argumentName = ''] = path.split('.');
  const type = before.getType(typeName);
  if (isEnumType(type)) return typeName;
  if (isInputObjectType(type)) return type.getFields()[fieldName] ? `${typeName}.${fieldName}` : typeName;
  if (!isObjectType(type) && !isInterfaceType(type)) return typeName;
  const field = type.getFields()[fieldName];
  if (!field) return typeName;
  const isKnown = field.args.some(({ name }) => name === argumentName);
  return `${typeName}.${fieldName}${isKnown ? `.${argumentName}` : ''}`;
}
