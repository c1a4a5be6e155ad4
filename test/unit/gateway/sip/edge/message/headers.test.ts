import { describe, expect, test } from 'vitest';
import { Headers } from '../../../../../../gateway/sip/edge/message/headers.ts';

const names = (headers: Headers): string[] => [...headers].map(({ name, value }) => `${name}: ${value}`);

describe('Headers', () => {
  test('names match in any case and in compact form', () => {
    const headers = Headers.from([
      ['f', '<sip:a@x>'],
      ['CALL-ID', '1'],
      ['X-Own', 'yes'],
    ]);
    expect([headers.get('From'), headers.get('i'), headers.get('x-own')]).toEqual(['<sip:a@x>', '1', 'yes']);
    expect(headers.has('call-id')).toBe(true);
    expect(headers.has('To')).toBe(false);
    expect(headers.get('To')).toBeUndefined();
  });

  test('list headers are split, others are not', () => {
    const headers = Headers.from([
      ['Via', 'SIP/2.0/UDP a, SIP/2.0/UDP b'],
      ['v', 'SIP/2.0/TCP c'],
      ['Date', 'Sat, 13 Nov 2010 23:29:00 GMT'],
      ['Authorization', 'Digest username="a", realm="b"'],
      ['Supported', ''],
    ]);
    expect(headers.getAll('Via')).toEqual(['SIP/2.0/UDP a', 'SIP/2.0/UDP b', 'SIP/2.0/TCP c']);
    expect(headers.get('Via')).toBe('SIP/2.0/UDP a');
    expect(headers.raw('Via')).toEqual(['SIP/2.0/UDP a, SIP/2.0/UDP b', 'SIP/2.0/TCP c']);
    expect(headers.getAll('Date')).toEqual(['Sat, 13 Nov 2010 23:29:00 GMT']);
    expect(headers.getAll('Authorization')).toHaveLength(1);
    expect(headers.getAll('Supported')).toEqual([]);
  });

  test('includes looks for a token in any case', () => {
    const headers = Headers.from([['k', 'Timer, 100REL']]);
    expect([headers.includes('Supported', '100rel'), headers.includes('Supported', 'rel')]).toEqual([
      true,
      false,
    ]);
  });

  test('set replaces in place, and makes several fields of several values', () => {
    const headers = Headers.from([
      ['To', 'a'],
      ['Route', '<sip:1>'],
      ['CSeq', '1 BYE'],
      ['Route', '<sip:2>'],
    ]);
    headers.set('route', ['<sip:3>', '<sip:4>']).set('Subject', 'new');
    expect(names(headers)).toEqual([
      'To: a',
      'route: <sip:3>',
      'route: <sip:4>',
      'CSeq: 1 BYE',
      'Subject: new',
    ]);
  });

  test('prepend goes before its like, or to the top', () => {
    const headers = Headers.from([
      ['To', 'a'],
      ['Route', '<sip:1>'],
    ]);
    headers.prepend('Route', '<sip:0>').prepend('Via', 'SIP/2.0/UDP x');
    expect(names(headers)).toEqual(['Via: SIP/2.0/UDP x', 'To: a', 'Route: <sip:0>', 'Route: <sip:1>']);
  });

  test('the first value alone can be taken or replaced', () => {
    const headers = Headers.from([
      ['Via', 'SIP/2.0/UDP a, SIP/2.0/UDP b'],
      ['Via', 'SIP/2.0/UDP c'],
    ]);
    expect(headers.replaceFirst('Via', 'SIP/2.0/UDP z')).toBe(true);
    expect(headers.raw('Via')).toEqual(['SIP/2.0/UDP z, SIP/2.0/UDP b', 'SIP/2.0/UDP c']);
    expect(headers.removeFirst('v')).toBe('SIP/2.0/UDP z');
    expect(headers.removeFirst('Via')).toBe('SIP/2.0/UDP b');
    expect(headers.removeFirst('Via')).toBe('SIP/2.0/UDP c');
    expect(headers.removeFirst('Via')).toBeUndefined();
    expect(headers.replaceFirst('Via', 'x')).toBe(false);
    expect(names(headers)).toEqual([]);
  });

  test('a clone is its own', () => {
    const headers = Headers.from([['To', 'a']]);
    headers.clone().remove('To');
    expect(headers.get('To')).toBe('a');
  });
});
