/**
 * What a log may say of a number or address: its last two characters, so that an operator can tell
 * calls apart and nobody can be called back from a log.
 */
export function maskUser(user: string): string {
  return user.length <= 4 ? user : `…${user.slice(-2)}`;
}

/** The same for who is called: names and short numbers are the operator's own, longer numbers are somebody's. */
export function maskNumber(user: string): string {
  return user.replaceAll(/\d{5,}/g, (digits) => maskUser(digits));
}
