import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { answerStun, isStun } from '../../../../../../gateway/sip/edge/transport/stun.ts';
import { SipEnd } from '../../../../../support/sip-end.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const cookie = '2112a442';
const transaction = 'b7e7a701bc34d686fa87dfae';

test('where a request came from, as RFC 5769 §2.2 and §2.3 write it', () => {
  const request = hex(`0001 0000 ${cookie} ${transaction}`);
  expect(answerStun(request, { address: '192.0.2.1', port: 32_853 })?.toString('hex')).toBe(
    hex(`0101 000c ${cookie} ${transaction} 0020 0008 0001 a147 e112 a643`).toString('hex'),
  );
  const v6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 };
  expect(answerStun(request, v6)?.toString('hex')).toBe(
    hex(`0101 0018 ${cookie} ${transaction} 0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9`).toString(
      'hex',
    ),
  );
});

test('an RFC 3489 client gets its address plain', () => {
  const answer = answerStun(hex(`0001 0000 00000000 ${transaction}`), { address: '192.0.2.1', port: 5070 });
  expect(answer?.subarray(20).toString('hex')).toBe('000100080001' + '13ce' + 'c0000201');
});

test('a must that is unknown is refused by name (420)', () => {
  const answer = answerStun(hex(`0001 0008 ${cookie} ${transaction} 7f01 0004 00000000`), {
    address: '192.0.2.1',
    port: 5070,
  });
  expect(answer?.readUInt16BE(0)).toBe(0x0111);
  expect(answer?.toString('hex')).toContain('000a00027f010000');
});

test('credentials and what may be ignored are no hindrance', () => {
  const request = hex(`0001 0010 ${cookie} ${transaction} 0006 0003 61626300 8022 0004 74657374`);
  expect(answerStun(request, { address: '192.0.2.1', port: 1 })?.readUInt16BE(0)).toBe(0x0101);
});

test('anything else is dropped, and nothing makes it throw', () => {
  const head = fc.constantFrom(hex('0001'), hex('0101'), hex('0003'), hex('0111'));
  fc.assert(
    fc.property(head, fc.uint8Array({ minLength: 18, maxLength: 120 }), (first, rest) => {
      const datagram = Buffer.concat([first, rest]);
      expect(isStun(datagram)).toBe(true);
      const answer = answerStun(datagram, { address: '::1', port: 5060 });
      if (answer !== undefined) expect(answer.length).toBe(20 + answer.readUInt16BE(2));
    }),
  );
  expect(isStun(Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n'))).toBe(false);
});

test('the SIP port answers (RFC 5626 §4.4.2)', async () => {
  const end = await SipEnd.open();
  closers.push(() => end.close());
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  closers.push(() => socket.close());
  await once(socket, 'listening');
  const answered = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(hex(`0001 0000 ${cookie} ${transaction}`), end.port, '127.0.0.1');
  const [answer] = await answered;
  expect(answer.readUInt16BE(26) ^ 0x2112).toBe(socket.address().port);
  expect(end.transport.counters).toMatchObject({ stunAnswered: 1, garbage: 0 });
});
