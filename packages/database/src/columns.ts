/**
 * The columns of the table `alias`, each under the name of its field in Prisma's model, for SQL that answers whole rows.
 *
 * @param fields as `Prisma.<Model>ScalarFieldEnum` has them
 */
export function columnsAsFields(alias: string, fields: Readonly<Record<string, string>>): string {
  return Object.values(fields)
    .map((field) => `${alias}.${columnOf(field)} AS "${field}"`)
    .join(', ');
}

/** The schemas name columns as their fields, in snake case. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
