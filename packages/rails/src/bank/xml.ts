import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import type { z } from 'zod';

/** Elements that may come several times, which are lists even when they come once. */
const lists = new Set([
  'OrgnlPmtInfAndSts',
  'TxInfAndSts',
  'StsRsnInf',
  'AddtlInf',
  'Ntfctn',
  'Stmt',
  'Ntry',
  'NtryDtls',
  'TxDtls',
  'Ustrd',
  'Chrgs',
  'ChrgsInf',
  'Rcrd',
]);

const attributePrefix = '@';
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: attributePrefix,
  // Banks may write `<ns2:Document xmlns:ns2="…">`. The library's own way of dropping prefixes drops the namespace too.
  transformTagName: (name) => name.replace(/^[^:]*:/, ''),
  // Amounts stay texts: nothing of a message passes through a floating-point number.
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => lists.has(name),
});
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: attributePrefix,
  suppressEmptyNode: true,
});

/** The name of an ISO 20022 message, such as `pain.002.001.03`, by the namespace of its document. */
const namespace = /^urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3}\.\d{3}\.\d{2})$/;

/** A message that was read. */
export interface Message<Content> {
  readonly name: string;
  readonly content: Content;
}

/**
 * Reads the one message of a document when it is of the kind, such as `pain.002`, and of the shape; undefined otherwise.
 * Documents with a DOCTYPE are not read: messages have none, and attacks by entities need one.
 */
export function readMessage<Shape extends z.ZodType>(
  xml: string,
  kind: string,
  shape: Shape,
): Message<z.output<Shape>> | undefined {
  if (/<!DOCTYPE/i.test(xml) || XMLValidator.validate(xml) !== true) return undefined;
  const document: unknown = parser.parse(xml)?.Document;
  if (typeof document !== 'object' || document === null) return undefined;
  const name = namespaceOf(document);
  if (!name?.startsWith(`${kind}.`)) return undefined;
  const result = shape.safeParse(document);
  return result.success ? { name, content: result.data } : undefined;
}

function namespaceOf(document: object): string | undefined {
  for (const [attribute, value] of Object.entries(document)) {
    if (!attribute.startsWith(`${attributePrefix}xmlns`)) continue;
    const name = typeof value === 'string' ? namespace.exec(value)?.[1] : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Writes a message: elements in the order of the object's members, attributes as members that begin with `@`. */
export function writeMessage(name: string, content: object): string {
  const document = { '@xmlns': `urn:iso:std:iso:20022:tech:xsd:${name}`, ...content };
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build({ Document: document })}`;
}

/**
 * Text of the characters that every bank takes (the Latin set of the European Payments Council), at most so many of them:
 * accents are dropped, everything else becomes a full stop.
 */
export function plainText(text: string, length: number): string {
  const latin = text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ß/g, 'ss');
  return latin
    .replace(/[^A-Za-z0-9/\-?:().,'+ ]/gu, '.')
    .slice(0, length)
    .trim();
}
