import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ClientHello } from './hellos.ts';

/** Of this process; a cookie that an earlier one gave is asked for again. */
const secret = randomBytes(32);

/** RFC 6347 §4.2.1: proves that a client gets what is sent to its address, without keeping anything of it. */
export function cookieFor(hello: ClientHello, place: string): Buffer {
  return createHmac('sha256', secret).update(place).update('\0').update(hello.identifying).digest();
}

export function hasCookie(hello: ClientHello, place: string): boolean {
  const expected = cookieFor(hello, place);
  return hello.cookie.length === expected.length && timingSafeEqual(hello.cookie, expected);
}
