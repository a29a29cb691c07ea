const longest = 200;

/** Whether a text can be a note: at most 200 characters, none of them NUL, which PostgreSQL cannot store. */
export function isNote(text: string): boolean {
  return text.length <= longest && !text.includes('\0');
}

/** Whether a note says anything. */
export function isReason(text: string): boolean {
  return isNote(text) && text.trim() !== '';
}
