/** Without the marks that a header can't carry: Jiří becomes Jiri. */
export function toHeader(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '?');
}
