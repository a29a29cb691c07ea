import type { Refusal } from './commands.ts';
import type { Prepared } from './each.ts';

interface Linkable {
  readonly id: string;
  readonly linkedWithNext?: boolean | null | undefined;
}

/** Cuts a list into what posts together: an item with all those it is linked with, or alone. */
export function linkedGroups<Item extends Linkable>(items: readonly Item[]): Item[][] {
  const groups: Item[][] = [];
  let isOpen = false;
  for (const item of items) {
    if (isOpen) groups.at(-1)?.push(item);
    else groups.push([item]);
    isOpen = item.linkedWithNext ?? false;
  }
  return groups;
}

const mostLinked = 64;

/**
 * Refuses what is linked with a refused item, and lists that link too many, one twice, or nothing.
 *
 * @param prepared what was made of each of the items
 */
export function refuseLinked<Item>(
  items: readonly Linkable[],
  prepared: readonly Prepared<Item>[],
): readonly Prepared<Item>[] {
  const rest = [...prepared];
  return linkedGroups(items).flatMap((group): readonly Prepared<Item>[] => {
    const own = rest.splice(0, group.length);
    const fault = linkFault(group);
    if (fault) return group.map(({ id }) => refused(id, fault));
    if (own.every(({ kind }) => kind === 'sound')) return own;
    return group.map(({ id }, index) => {
      const each = own[index];
      return each?.kind === 'refused' ? each : refused(id, { code: 'LINKED_REFUSED' });
    });
  });
}

const refused = (id: string, refusal: Refusal): Prepared<never> => ({ kind: 'refused', id, refusal });

function linkFault(group: readonly Linkable[]): Refusal | undefined {
  if (group.at(-1)?.linkedWithNext) return malformed('The last of a list is linked with nothing');
  if (group.length > mostLinked) return malformed(`At most ${mostLinked} may be linked`);
  if (new Set(group.map(({ id }) => id)).size < group.length)
    return malformed('An id may stand once among those linked');
  return undefined;
}

const malformed = (message: string): Refusal => ({ code: 'INVALID_INPUT', message });
