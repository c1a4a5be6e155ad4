import { describe, expect, test } from 'vitest';
import {
  formatAddress,
  parseAddress,
  tagOf,
  withTag,
} from '../../../../../../gateway/sip/edge/message/address.ts';
import { parseCSeq } from '../../../../../../gateway/sip/edge/message/cseq.ts';
import { SipParseError } from '../../../../../../gateway/sip/edge/message/errors.ts';
import { formatVia, parseVia, receivedOf } from '../../../../../../gateway/sip/edge/message/via.ts';

describe('addresses', () => {
  test('without brackets the parameters are the header’s', () => {
    const address = parseAddress('sip:a@host;tag=1;x');
    expect([address.uri, address.params.get('tag'), address.params.get('x')]).toEqual([
      'sip:a@host',
      '1',
      '',
    ]);
  });

  test('with brackets the inner ones are the URI’s', () => {
    const address = parseAddress(' "A; <B>" <sip:a@host;lr> ; tag = 2');
    expect(address.displayName).toBe('A; <B>');
    expect([address.uri, [...address.params]]).toEqual(['sip:a@host;lr', [['tag', '2']]]);
  });

  test('the star of Contact', () => {
    expect(formatAddress(parseAddress(' * '))).toBe('*');
  });

  test.each([
    '',
    'nothing',
    '<sip:a@host',
    '"open <sip:a@host>',
    '"a" b <sip:a@host>',
    'a "b" <sip:a@host>',
    '<sip:a@host>x',
    '<sip:a@host>;',
    '<sip:a@host>;=1',
    '<sip:a@host>;x="open',
    'sip:a@host?x=y',
    '<>',
  ])('%j is none', (text) => {
    expect(() => parseAddress(text)).toThrow(SipParseError);
  });

  test('tags are read, added and replaced', () => {
    expect(tagOf('<sip:a@host;tag=no>;tag=yes')).toBe('yes');
    expect([tagOf('<sip:a@host>'), tagOf(undefined), tagOf('"broken')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(withTag('"A" <sip:a@host>', 'n')).toBe('"A" <sip:a@host>;tag=n');
    expect(withTag('sip:a@host', 'n')).toBe('sip:a@host;tag=n');
    expect(tagOf(withTag('<sip:a@host>;x=1;tag=old', 'new'))).toBe('new');
  });
});

describe('Via', () => {
  test('takes all parts apart', () => {
    const via = parseVia('SIP/2.0/udp [2001:db8::1]:5070;branch=z9hG4bKa;rport;received=192.0.2.1');
    expect(via).toMatchObject({
      protocol: 'SIP/2.0',
      transport: 'UDP',
      host: '2001:db8::1',
      port: 5070,
      branch: 'z9hG4bKa',
    });
    expect([via.params.get('rport'), receivedOf(via)]).toEqual(['', '192.0.2.1']);
  });

  test('its branch counts when it is written', () => {
    expect(formatVia({ ...parseVia('SIP/2.0/UDP h;branch=a;rport'), branch: 'b' })).toBe(
      'SIP/2.0/UDP h;branch=b;rport',
    );
  });

  test.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0 h',
    'SIP/3.0/UDP h',
    'SIP/2.0/UDP h i',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h;;',
  ])('%j is none', (text) => {
    expect(() => parseVia(text)).toThrow(SipParseError);
  });
});

describe('CSeq', () => {
  test('32 bits and a method', () => {
    expect(parseCSeq('4294967295  INVITE')).toEqual({ sequence: 4_294_967_295, method: 'INVITE' });
  });

  test.each(['', '1', 'INVITE', '-1 INVITE', '4294967296 INVITE', '1 INVITE x', '1 IN/VITE', '1.0 INVITE'])(
    '%j is none',
    (text) => {
      expect(() => parseCSeq(text)).toThrow(SipParseError);
    },
  );
});
