import { randomInt } from 'node:crypto';

/** What a meeting's number may be: digits that a telephone can dial (E.164: 15 at most). */
export function isMeetingNumber(text: string): boolean {
  return /^[0-9]{4,15}$/.test(text);
}

/** A random one of so many digits. It is no secret; it begins with none of those that dial out or abroad. */
export function makeNumber(length: number): string {
  return String(randomInt(2 * 10 ** (length - 1), 10 ** length));
}
