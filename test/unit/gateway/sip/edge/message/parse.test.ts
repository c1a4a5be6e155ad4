import { describe, expect, test } from 'vitest';
import { SipParseError } from '../../../../../../gateway/sip/edge/message/errors.ts';
import { parseMessage } from '../../../../../../gateway/sip/edge/message/parse.ts';
import { serialize } from '../../../../../../gateway/sip/edge/message/serialize.ts';
import { defaultLimits } from '../../../../../../gateway/sip/edge/message/types.ts';
import type { MessageLimits } from '../../../../../../gateway/sip/edge/message/types.ts';
import { parseRequest, wire } from '../../../../../support/sip.ts';

const head = `OPTIONS sip:g.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa
From: <sip:a@x.example>;tag=1
To: <sip:b@x.example>
Call-ID: 1
CSeq: 1 OPTIONS
`;

function faultOf(bytes: Buffer, limits?: MessageLimits): SipParseError {
  try {
    parseMessage(bytes, limits);
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
  throw new Error('no fault was found');
}

describe('parseMessage tolerates what the field does', () => {
  test('empty lines before a message', () => {
    expect(parseRequest(wire(`\n\n${head}\n`)).method).toBe('OPTIONS');
  });

  test('plain line feeds', () => {
    expect(parseRequest(Buffer.from(`${head}\nbody`)).body.toString()).toBe('body');
  });

  test('a version in small letters, a reason that is missing', () => {
    expect(parseMessage(wire(head.replace('SIP/2.0\n', 'sip/2.0\n'))).kind).toBe('request');
    expect(parseMessage(wire(head.replace(/^.*\n/, 'SIP/2.0 200\n')))).toMatchObject({
      status: 200,
      reason: '',
    });
  });

  test('bytes after the body', () => {
    expect(parseRequest(wire(`${head}Content-Length: 2\n\nokrest`)).body.toString()).toBe('ok');
  });

  test('a datagram without Content-Length: all the rest is the body', () => {
    expect(parseRequest(wire(`${head}\nall`)).body.toString()).toBe('all');
  });
});

describe('parseMessage says what is wrong', () => {
  test('and keeps what an answer needs', () => {
    const fault = faultOf(wire(`${head.replace('SIP/2.0', 'SIP/9.0')}Content-Length: 0\n\n`));
    expect(fault).toMatchObject({ code: 'SIP_VERSION', status: 505 });
    expect(fault.partial).toMatchObject({ method: 'OPTIONS', uri: 'sip:g.example' });
    expect(fault.partial?.headers.get('Call-ID')).toBe('1');
  });

  test('but keeps nothing of a response', () => {
    expect(faultOf(wire(head.replace(/^.*\n/, 'SIP/2.0 999 x\n'))).partial).toBeUndefined();
  });

  test.each([
    ['nothing at all', '', 'SIP_START_LINE', 400],
    ['a body that is cut', `${head}Content-Length: 9\n\n12345678`, 'SIP_BODY_TRUNCATED', 400],
    ['an overflowing length', `${head}Content-Length: ${'9'.repeat(30)}\n\n`, 'SIP_CONTENT_LENGTH', 400],
    ['a length in words', `${head}Content-Length: five\n\n`, 'SIP_CONTENT_LENGTH', 400],
    ['a zero byte', `${head}Subject: a\0b\n\n`, 'SIP_HEADER', 400],
    ['a lone carriage return', `${head}Subject: a\rRoute: x\n\n`, 'SIP_HEADER', 400],
    ['a name that is no token', `${head}Sub ject: a\n\n`, 'SIP_HEADER', 400],
    ['no version', 'OPTIONS sip:g.example\n\n', 'SIP_START_LINE', 400],
  ])('%s', (_trait, text, code, status) => {
    expect(faultOf(Buffer.from(text.replace(/\n/g, '\r\n')))).toMatchObject({ code, status });
  });

  test('what is too large', () => {
    const small = { ...defaultLimits, maxHeaders: 5, maxLineBytes: 60, maxMessageBytes: 300 };
    const withHeader = (line: string) => wire(`${head}${line}\n\n`);
    expect(faultOf(withHeader('X: 1'), small)).toMatchObject({ code: 'SIP_TOO_LARGE', status: 513 });
    const long = faultOf(withHeader(`X: ${'a'.repeat(60)}`), { ...small, maxHeaders: 9 });
    expect(long).toMatchObject({ code: 'SIP_TOO_LARGE', status: 513 });
    const folded = faultOf(withHeader(`X: a\n ${'b'.repeat(40)}\n ${'c'.repeat(40)}`), {
      ...small,
      maxHeaders: 9,
    });
    expect(folded.code).toBe('SIP_TOO_LARGE');
    expect(faultOf(withHeader(`\n${'b'.repeat(400)}`), small)).toMatchObject({
      code: 'SIP_TOO_LARGE',
      status: 513,
    });
  });
});

describe('serialize', () => {
  test('long names, CRLF, a Content-Length that is right', () => {
    const message = parseRequest(
      wire('OPTIONS sip:g SIP/2.0\ni: 1\nCSEQ: 1 OPTIONS\nx-Own: ä\nl: 1\n\nö'.replace('l: 1\n', '')),
    );
    expect(serialize(message).toString()).toBe(
      'OPTIONS sip:g SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nx-Own: ä\r\nContent-Length: 2\r\n\r\nö',
    );
  });
});
