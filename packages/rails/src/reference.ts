/** The reference without its dashes, for rails that take 35 or 40 plain characters. */
export function compactReference(reference: string): string {
  return reference.replaceAll('-', '');
}

/** The reference that a compact one was made of; undefined when it is not one. */
export function expandReference(compact: string): string | undefined {
  const match = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(compact.toLowerCase());
  return match ? match.slice(1).join('-') : undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isReference(text: string): boolean {
  return UUID.test(text);
}
