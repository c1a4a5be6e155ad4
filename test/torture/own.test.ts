import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAddress, tagOf } from '../../gateway/sip/edge/message/address.ts';
import { parseUri, unescape } from '../../gateway/sip/edge/message/uri.ts';
import { parseVia, receivedOf } from '../../gateway/sip/edge/message/via.ts';
import { judge, ownFixture, parseRequest, parseResponse } from '../support/sip.ts';
import type { Verdict } from '../support/sip.ts';

/** The traits stand in test/fixtures/sip/README.md. */
const outcomes: readonly (readonly [file: string, verdict: Verdict])[] = [
  ['tortuous-invite', 'taken'],
  ['strange-tokens', 'taken'],
  ['escapes', 'taken'],
  ['upper-case-names', 'taken'],
  ['twice-content-length', 'taken'],
  ['from-without-user', 'taken'],
  ['no-blank-line', 'taken'],
  ['two-in-one', 'taken'],
  ['ipv6', 'taken'],
  ['rfc2543', 'taken'],
  ['comma-in-contact', 'taken'],
  ['broken-via', 400],
  ['two-lengths', 400],
  ['negative-length', 400],
  ['short-body', 400],
  ['open-quote', 400],
  ['spaced-request-line', 400],
  ['uri-headers', 400],
  ['other-cseq', 400],
  ['big-cseq', 400],
  ['nine-point-oh', 505],
  ['no-call-id', 400],
  ['two-froms', 400],
  ['no-hops', 483],
  ['other-scheme', 416],
  ['require-unknown', 420],
  ['no-colon', 400],
  ['faulty-ack', 'dropped'],
  ['big-status', 'dropped'],
  ['lost-response', 'dropped'],
];

const request = (name: string) => parseRequest(ownFixture(`${name}.sip`));

describe('SIP messages of our own with traits of devices and attackers', () => {
  test('the table has every file', () => {
    const folder = new URL('../fixtures/sip', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.sip'));
    expect(outcomes.map(([file]) => `${file}.sip`).sort()).toEqual(files.sort());
  });

  test.each(outcomes)('%s → %s', (file, verdict) => {
    expect(judge(ownFixture(`${file}.sip`))).toBe(verdict);
  });

  test('tortuous-invite: values come out clean', () => {
    const { headers } = request('tortuous-invite');
    expect(tagOf(headers.get('To'))).toBe('abc-1');
    expect(tagOf(headers.get('From'))).toBe('from-1');
    expect(parseAddress(headers.get('To') ?? '').displayName).toBe('Room "Big" \\ one');
    expect(headers.getAll('Via').map((via) => [parseVia(via).host, parseVia(via).branch])).toEqual([
      ['192.0.2.7', 'z9hG4bKa1'],
      ['proxy.example.net', 'z9hG4bKa2'],
      ['2001:db8::7', 'z9hG4bKa3'],
    ]);
    expect(headers.getAll('Supported')).toEqual(['timer', '100rel', 'replaces']);
    expect(headers.get('X-Notes')).toBe('one two three');
    expect(parseAddress(headers.get('Contact') ?? '').params.get('+sip.instance')).toBe('"<urn:uuid:1,2;3>"');
  });

  test('escapes: what is escaped is no separator', () => {
    const { uri, headers } = request('escapes');
    expect(unescape(parseUri(uri).user ?? '')).toBe('sip:a@b;c');
    expect(headers.getAll('Contact')).toHaveLength(1);
  });

  test('upper-case-names: lists in several fields are one list', () => {
    const { headers } = parseResponse(ownFixture('upper-case-names.sip'));
    expect(headers.getAll('allow')).toEqual(['ACK', 'CANCEL', 'BYE', 'INVITE']);
    expect(headers.includes('Supported', 'replaces')).toBe(true);
  });

  test('comma-in-contact: separators inside quotes and brackets are text', () => {
    const { headers } = request('comma-in-contact');
    const contacts = headers.getAll('Contact').map(parseAddress);
    expect(contacts.map((contact) => contact.uri)).toEqual([
      'sip:t,x;y@192.0.2.7?Subject=a%2Cb',
      'sip:t@192.0.2.8;q=1',
      'sip:t@192.0.2.9',
      'sip:t@192.0.2.10',
    ]);
    expect(contacts[0]?.displayName).toBe('a, "b", <c>');
    expect(headers.getAll('Subject')).toEqual(['one, two']);
  });

  test('twice-content-length: said once is enough', () => {
    const { headers, body } = request('twice-content-length');
    expect([headers.raw('Content-Type'), headers.raw('Content-Length')]).toEqual([
      ['application/sdp'],
      ['14'],
    ]);
    expect(body.toString()).toBe('v=0\r\no=- 1 1\r\n');
  });

  test('two-in-one: the body ends where Content-Length says', () => {
    expect(request('two-in-one').body.toString()).toBe('hello');
  });

  test('ipv6: hosts without brackets', () => {
    const { uri, headers } = request('ipv6');
    expect(parseUri(uri)).toMatchObject({ host: '2001:db8::10', port: 5070 });
    expect(headers.getAll('Via').map((via) => receivedOf(parseVia(via)))).toEqual([
      '2001:db8::9:255',
      '2001:db8::8:1',
    ]);
    expect(parseUri(parseAddress(headers.get('To') ?? '').uri).host).toBe('2001:db8::192.0.2.1');
  });
});
