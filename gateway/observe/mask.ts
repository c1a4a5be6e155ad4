/**
 * What a log may say of a number or address: its last two characters, so that an operator can tell
 * calls apart and nobody can be called back from a log.
 */
export function maskUser(user: string): string {
  return user.length <= 4 ? user : `…${user.slice(-2)}`;
}
