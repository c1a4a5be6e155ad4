import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../../../../gateway/sip/edge/message/types.ts';
import { StreamFramer } from '../../../../../../gateway/sip/edge/transport/framing.ts';
import { wire } from '../../../../../support/sip.ts';

const message = (body: string, more = ''): Buffer =>
  wire(
    `MESSAGE sip:g SIP/2.0\nVia: SIP/2.0/TCP h;branch=z\n${more}Content-Length: ${body.length}\n\n${body}`,
  );

function framer(limits = defaultLimits) {
  const seen: string[] = [];
  const subject = new StreamFramer(limits, {
    onMessage: ({ body }) => seen.push(`body ${body.toString()}`),
    onInvalid: ({ status }) => seen.push(`invalid ${status}`),
    onPing: () => seen.push('ping'),
    onLost: ({ code, status }) => seen.push(`lost ${code} ${status}`),
  });
  return { subject, seen };
}

describe('StreamFramer', () => {
  test('messages back to back', () => {
    const { subject, seen } = framer();
    subject.push(Buffer.concat([message('one'), message(''), message('three')]));
    expect(seen).toEqual(['body one', 'body ', 'body three']);
    expect(subject.inMessage).toBe(false);
  });

  test('a double CRLF is a ping, a single one is not (RFC 5626 §3.5.1)', () => {
    const { subject, seen } = framer();
    subject.push(Buffer.from('\r\n'));
    expect(seen).toEqual([]);
    subject.push(Buffer.from('\r\n\r\n\r\n\r\n'));
    expect(seen).toEqual(['ping', 'ping']);
    expect(subject.inMessage).toBe(false);
    subject.push(message('x'));
    subject.push(Buffer.from('\r\n'));
    expect(seen.slice(2)).toEqual(['body x']);
  });

  test('a fault whose end is known costs only its own message', () => {
    const { subject, seen } = framer();
    subject.push(Buffer.concat([message('bad', 'no colon\n'), message('good')]));
    expect(seen).toEqual(['invalid 400', 'body good']);
  });

  test.each([
    ['no Content-Length', 'MESSAGE sip:g SIP/2.0\nVia: SIP/2.0/TCP h\n\n', 'lost SIP_CONTENT_LENGTH 400'],
    ['two that differ', 'MESSAGE sip:g SIP/2.0\nl: 1\nl: 2\n\n', 'lost SIP_CONTENT_LENGTH 400'],
    ['one too large', 'MESSAGE sip:g SIP/2.0\nl: 99999999\n\n', 'lost SIP_TOO_LARGE 513'],
  ])('%s: nothing after it is read', (_trait, text, loss) => {
    const { subject, seen } = framer();
    subject.push(wire(text));
    subject.push(message('late'));
    expect(seen).toEqual([loss]);
    expect(subject.inMessage).toBe(false);
  });

  test('a head that never ends is given up at the limit, however slowly it comes', () => {
    const { subject, seen } = framer({ ...defaultLimits, maxMessageBytes: 2_000 });
    subject.push(Buffer.from('MESSAGE sip:g SIP/2.0\r\n'));
    for (let sent = 0; sent < 3_000; sent += 1) subject.push(Buffer.from('a'));
    expect(seen).toEqual(['lost SIP_TOO_LARGE 513']);
  });

  test('knows that a message has begun', () => {
    const { subject } = framer();
    subject.push(Buffer.from('M'));
    expect(subject.inMessage).toBe(true);
  });

  test('a body stays what it was when the buffer is used again', () => {
    const bodies: Buffer[] = [];
    const subject = new StreamFramer(defaultLimits, {
      onMessage: ({ body }) => bodies.push(body),
      onInvalid: () => undefined,
      onPing: () => undefined,
      onLost: () => undefined,
    });
    for (const letter of ['a', 'b', 'c']) subject.push(message(letter.repeat(3_000)));
    expect(bodies.map((body) => body.toString()[999])).toEqual(['a', 'b', 'c']);
  });
});
