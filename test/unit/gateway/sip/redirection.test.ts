import { describe, expect, it } from 'vitest';
import { Redirection } from '../../../../gateway/sip/redirection.ts';
import { gateway } from '../../../support/clause.ts';

const first = 'sip:+4940200@carrier.example';

function from(
  contact: string,
  uris: readonly string[] = [first],
  sources: readonly string[] = ['192.0.2.0/24'],
) {
  const res = { status: 302, headers: {}, body: undefined, get: () => contact };
  return new Redirection({ sources }, '+4940200', uris).follow(res, uris[0]);
}

describe('a trunk', () => {
  it.each([
    ['<sip:+4940200@carrier.example:5070>', 'sip:+4940200@carrier.example:5070'],
    ['sip:4940200@carrier.example;q=0.5', 'sip:4940200@carrier.example'],
    [
      '"A, B" <sip:+4940200@GW3.carrier.example;transport=tcp>',
      'sip:+4940200@GW3.carrier.example;transport=tcp',
    ],
    ['<sip:+4940200;npdi=yes;rn=+4940999@192.0.2.77>', 'sip:+4940200;npdi=yes;rn=+4940999@192.0.2.77'],
    ['<sip:%2B4940200@carrier.example?Subject=x>', 'sip:%2B4940200@carrier.example'],
  ])('may send the same number on to itself: %s', gateway('RFC 3261 §8.1.3.4'), (contact, uri) => {
    expect(from(contact)).toEqual([uri]);
  });

  it.each([
    ['<sip:+49900666@carrier.example>', 'it names another number'],
    ['<sip:+4940200@elsewhere.example>', 'it leads off the trunk'],
    ['<sip:+4940200@notcarrier.example>', 'it leads off the trunk'],
    ['<sip:+4940200@198.51.100.1>', 'it leads off the trunk'],
    ['<sip:+4940200@carrier.example;maddr=198.51.100.1>', 'it names another machine (maddr)'],
    ['<tel:+4940200>', 'it names no SIP address'],
    ['*', 'it names no SIP address'],
    ['', 'it names no place'],
    ['<>', 'it names no place'],
    [`<${first}>`, 'it leads back to where we have been'],
  ])('may not send it elsewhere: %s', gateway('RFC 3261 §8.1.3.4'), (contact, why) => {
    expect(from(contact)).toBe(why);
  });

  it('keeps a call on TLS that is', () => {
    const secure = ['sip:+4940200@carrier.example;transport=tls'];
    expect(from('<sip:+4940200@gw.carrier.example>', secure)).toBe('it leads off TLS');
    const tls = 'sip:+4940200@gw.carrier.example;transport=tls';
    expect(from(`<${tls}>`, secure)).toEqual([tls]);
  });

  it('is tried where it would rather have it first, and not for ever', gateway('RFC 3261 §20.10'), () => {
    const at = (port: number) => `sip:+4940200@carrier.example:${port}`;
    const redirection = new Redirection({ sources: [] }, '+4940200', [first]);
    const to = (contact: string, last: string) =>
      redirection.follow({ status: 300, headers: {}, body: undefined, get: () => contact }, last);
    expect(to(`<${at(1)}>;q=0.1, <${at(2)}>;q=0.9`, first)).toEqual([at(2), at(1)]);
    expect(to(`<${at(1)}>, <${first}>`, at(2))).toBe('it leads back to where we have been');
    expect(to(`<${at(3)}>, <${at(4)}>`, at(1))).toEqual([at(3)]);
    expect(to(`<${at(5)}>`, at(3))).toBe('it goes on and on');
  });

  it('takes no time, whatever it says', () => {
    for (const piece of ['"', '<', '<">', ';q=', ',', '<sip:'])
      expect(typeof from(piece.repeat(100_000))).toBe('string');
  });
});
