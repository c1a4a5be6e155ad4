import { describe, expect, test } from 'vitest';
import { buildStun, hasIntegrity, isStun, parseStun } from '../../../../mcu/ice/stun.ts';

/** RFC 5769 §2: test vectors with short-term credentials. */
const password = 'VOkJxbRl1RmTxUk/WvJxBt';
const id = 'b7e7a701bc34d686fa87dfae';
const request = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae8022001053' +
    '54554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36' +
    '000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);
const responseIPv4 = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220' +
    '002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  'hex',
);
const responseIPv6 = Buffer.from(
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220' +
    '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41' +
    '80280004c8fb0b4c',
  'hex',
);

function parsed(bytes: Buffer) {
  const message = parseStun(bytes);
  if (!message) throw new Error('not parsed');
  return message;
}

describe('the vectors of RFC 5769', () => {
  test('request (§2.1)', () => {
    const message = parsed(request);
    expect(message).toMatchObject({
      class: 'request',
      transactionId: id,
      username: 'evtj:h6vY',
      priority: 0x6e0001ff,
      controlled: 0x932ff9b151263b36n,
      unknown: [],
    });
    expect(hasIntegrity(request, message, password)).toBe(true);
    expect(hasIntegrity(request, message, `${password}x`)).toBe(false);
  });

  test.each([
    ['IPv4 response (§2.2)', responseIPv4],
    ['IPv6 response (§2.3)', responseIPv6],
  ])('%s', (_name, bytes) => {
    const message = parsed(bytes);
    expect(message).toMatchObject({ class: 'success', transactionId: id, unknown: [] });
    expect(hasIntegrity(bytes, message, password)).toBe(true);
  });
});

const addressIPv4 = responseIPv4.subarray(36, 48);
const addressIPv6 = responseIPv6.subarray(36, 60);

test.each([
  ['192.0.2.1', addressIPv4],
  ['::ffff:192.0.2.1', Buffer.from('002000140002a1472112a442b7e7a701bc3429793a87ddaf', 'hex')],
  ['2001:db8:1234:5678:11:2233:4455:6677', addressIPv6],
  ['2001:db8::6677', Buffer.from('002000140002a1470113a9fab7e7a701bc34d686fa87b9d9', 'hex')],
  ['::1', Buffer.from('002000140002a1472112a442b7e7a701bc34d686fa87dfaf', 'hex')],
])('an answer to %s names it as RFC 5769 writes it', (address, attribute) => {
  const bytes = buildStun('success', id, { mappedAddress: { address, port: 32853 } }, password);
  expect(bytes.subarray(20, 20 + attribute.length).toString('hex')).toBe(attribute.toString('hex'));
  expect(hasIntegrity(bytes, parsed(bytes), password)).toBe(true);
});

test('what is built is read as it was meant', () => {
  const content = { username: 'a:b', priority: 77, useCandidate: true, controlling: 2n ** 63n };
  const bytes = buildStun('request', id, content, 'pwd');
  expect(parsed(bytes)).toMatchObject({ ...content, class: 'request', transactionId: id });
  expect(hasIntegrity(bytes, parsed(bytes), 'pwd')).toBe(true);
});

test('an error answer carries its code and what was not known', () => {
  const bytes = buildStun('error', '000102030405060708090a0b', { errorCode: 420, unknown: [0x7001] }, null);
  expect(parsed(bytes)).toMatchObject({ class: 'error', errorCode: 420, integrityAt: -1 });
});

test('attributes behind MESSAGE-INTEGRITY are not believed (RFC 8489 §14.5)', () => {
  const bytes = buildStun('request', '000102030405060708090a0b', { username: 'a:b' }, 'pwd');
  const late = Buffer.concat([bytes.subarray(0, -8), Buffer.from('00250000', 'hex'), bytes.subarray(-8)]);
  late.writeUInt16BE(late.length - 20, 2);
  // Its FINGERPRINT is wrong now, and a right one would not help.
  expect(parseStun(late)).toBeNull();
});

test.each([
  ['a changed octet', (bytes: Buffer) => (bytes[30] ^= 1)],
  ['another cookie', (bytes: Buffer) => (bytes[4] ^= 1)],
  ['another length', (bytes: Buffer) => (bytes[3] ^= 4)],
  ['another method', (bytes: Buffer) => (bytes[1] = 3)],
])('%s makes it nobody’s message', (_name, change) => {
  const bytes = Buffer.from(request);
  change(bytes);
  expect(parseStun(bytes)).toBeNull();
});

test('no shortened message is read, and none throws', () => {
  for (let length = 0; length < request.length; length++) {
    const bytes = Buffer.from(request.subarray(0, length));
    if (length >= 20) bytes.writeUInt16BE(length - 20, 2);
    expect(parseStun(bytes)).toBeNull();
  }
});

test('RTP, DTLS and short datagrams are not taken for STUN', () => {
  for (const first of [0x80, 0x16, 0x40]) {
    const bytes = Buffer.from(request);
    bytes[0] = first;
    expect(isStun(bytes)).toBe(false);
  }
  expect(isStun(request.subarray(0, 19))).toBe(false);
  expect(isStun(request)).toBe(true);
});
