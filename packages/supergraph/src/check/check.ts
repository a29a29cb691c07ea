import { Supergraph } from '@apollo/federation-internals';
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, validate } from 'graphql';
import { loadableSupergraph } from '../loadable.ts';
import { rulesFrom } from '../rules.ts';
import { type AuthorizationChange, authorizationChanges, type Guarded } from './authorization.ts';
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
 * use. An operation that is not valid on the next supergraph is broken, whatever it is that changed, and so is one with a field
 * that somebody may see no longer; that somebody may see one from now on is a warning.
 */
export async function checkSchema({ released, next, operations }: SchemaCheckOptions): Promise<SchemaCheck> {
  const [guardedBefore, guardedAfter] = [guarded(released), guarded(next)];
  const [before, after] = [guardedBefore.schema, guardedAfter.schema];
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
  const allowed = checkAuthorization(authorizationChanges(guardedBefore, guardedAfter), users);
  for (const operation of users) {
    if (explained.has(operation)) continue;
    for (const { message } of validate(after, operation.document)) broken.push(`${nameOf(operation)}: ${message}`);
  }
  return { broken: [...broken, ...allowed.broken], warnings: [...warnings, ...allowed.warnings] };
}

type User = RegisteredOperation & { readonly usage: ReadonlySet<string> };

function checkAuthorization(changes: readonly AuthorizationChange[], users: readonly User[]): SchemaCheck {
  const broken: string[] = [];
  const warnings: string[] = [];
  for (const { isTighter, message, fields } of changes) {
    const unused = new Set(fields);
    for (const operation of isTighter ? users : []) {
      const used = fields.filter((field) => operation.usage.has(field));
      for (const field of used) unused.delete(field);
      if (used.length > 0) broken.push(`${nameOf(operation)}: ${message} (${used.join(', ')})`);
    }
    const whom = isTighter ? 'no registered operation' : 'open to more callers';
    if (unused.size > 0) warnings.push(`${whom}: ${message} (${[...unused].join(', ')})`);
  }
  return { broken, warnings };
}

function nameOf({ client, name }: RegisteredOperation): string {
  return `${client}: ${name}`;
}

function guarded(supergraphSdl: string): Guarded {
  const supergraph = Supergraph.build(loadableSupergraph(supergraphSdl));
  const schema = supergraph.apiSchema().toGraphQLJSSchema();
  return { schema, rulesOf: rulesFrom(supergraph.schema, schema) };
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
