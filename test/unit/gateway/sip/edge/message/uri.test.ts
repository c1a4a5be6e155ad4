import { describe, expect, test } from 'vitest';
import { SipParseError } from '../../../../../../gateway/sip/edge/message/errors.ts';
import {
  formatUri,
  parseUri,
  schemeOf,
  unescape,
  uriEquals,
} from '../../../../../../gateway/sip/edge/message/uri.ts';

const statusOf = (text: string): number => {
  try {
    parseUri(text);
    return 200;
  } catch (error) {
    if (error instanceof SipParseError) return error.status;
    throw error;
  }
};

describe('parseUri', () => {
  test('takes all parts apart', () => {
    const uri = parseUri('SIPS:alice:secret@Example.com:5061;Transport=tcp;lr?subject=a%20b&to=c');
    expect(uri).toMatchObject({
      scheme: 'sips',
      user: 'alice',
      password: 'secret',
      host: 'Example.com',
      port: 5061,
    });
    expect([...uri.params]).toEqual([
      ['transport', 'tcp'],
      ['lr', ''],
    ]);
    expect([...uri.headers]).toEqual([
      ['subject', 'a%20b'],
      ['to', 'c'],
    ]);
  });

  test('no user is no empty user', () => {
    expect('user' in parseUri('sip:192.0.2.20')).toBe(false);
  });

  test.each([
    'sip:a@192.0.2.1:5070',
    'sip:[2001:db8::1]:5070;lr',
    'sips:+49;phone-context=x@h.example',
    'sip:a_b.example',
  ])('%s formats as it came', (text) => {
    expect(formatUri(parseUri(text))).toBe(text);
  });

  test.each([
    ['', 400],
    ['nothing', 400],
    ['tel:+4930', 416],
    ['sip:', 400],
    ['sip:@host', 400],
    ['sip:a@b@c', 400],
    ['sip:a@', 400],
    ['sip:a@host:', 400],
    ['sip:a@host:0', 400],
    ['sip:a@host:65536', 400],
    ['sip:a@host:5060x', 400],
    ['sip:a@192.0.2.256', 400],
    ['sip:a@[2001:db8::1', 400],
    ['sip:a@2001:db8::1', 400],
    ['sip:a@[1.2.3.4]', 400],
    ['sip:a b@host', 400],
    ['sip:a%4@host', 400],
    ['sip:a@host;;lr', 400],
    ['sip:a@host?x', 400],
    ['<sip:a@host>', 400],
  ])('%j gets %i', (text, status) => {
    expect(statusOf(text)).toBe(status);
  });
});

describe('uriEquals: the examples of RFC 3261 §19.1.4', () => {
  const equal = (left: string, right: string): boolean => uriEquals(parseUri(left), parseUri(right));

  test.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
  ])('%s = %s', (left, right) => {
    expect([equal(left, right), equal(right, left)]).toEqual([true, true]);
  });

  test.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:biloxi.com', 'sip:bob@biloxi.com'],
  ])('%s ≠ %s', (left, right) => {
    expect([equal(left, right), equal(right, left)]).toEqual([false, false]);
  });
});

test('schemes come in lower case', () => {
  expect([schemeOf('SIP:a'), schemeOf('soap.beep://x'), schemeOf('1a:b'), schemeOf('x')]).toEqual([
    'sip',
    'soap.beep',
    '',
    '',
  ]);
});

test('escapes are read byte by byte', () => {
  expect(unescape('%C3%A4%00b%zz')).toBe('ä\0b%zz');
});
