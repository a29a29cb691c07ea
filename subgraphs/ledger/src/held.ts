/** PostgreSQL holds no text with a NUL in it, and takes a question for one amiss: nothing of that name is there. */
export function canBeHeld(text: string): boolean {
  return !text.includes('\0');
}
