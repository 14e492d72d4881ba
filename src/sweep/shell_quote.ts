/**
 * Quotes a word for a POSIX shell.
 *
 * @param text Anything but NUL, which no argument can hold.
 */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
