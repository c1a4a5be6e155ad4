import { expect, test } from 'vitest';
import { H263Depacketizer } from '../../../../../mcu/video/h263/depacketizer.ts';
import { H263PlusDepacketizer } from '../../../../../mcu/video/h263/plus-depacketizer.ts';
import { readH263Picture } from '../../../../../mcu/video/h263/picture-header.ts';
import { madeFrame, packetsOf } from '../../../../support/made-video.ts';

const key = madeFrame('H263', true, 2600);

/** Bits as written, spaces aside, to whole bytes. */
function fromBits(bits: string): Buffer {
  const all = bits.replaceAll(' ', '');
  return Buffer.from(all.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? []);
}

const psc = '0000000000000000 1 00000';

test.each([
  // TR, PTYPE: source format, coding type.
  [
    'QCIF, I',
    `${psc} 00000101 10000 010 0 0000 00000`,
    { keyFrame: true, size: { width: 176, height: 144 }, sourceFormat: 2 },
  ],
  [
    'CIF, P',
    `${psc} 11111111 10000 011 1 0000 00000`,
    { keyFrame: false, size: { width: 352, height: 288 }, sourceFormat: 3 },
  ],
  [
    '4CIF',
    `${psc} 00000000 10000 100 0 0000 00000`,
    { keyFrame: true, size: { width: 704, height: 576 }, sourceFormat: 4 },
  ],
  // PLUSPTYPE: UFEP 1, OPPTYPE, MPPTYPE.
  [
    'H.263+, CIF, I',
    `${psc} 00000000 10000 111 001 011 00000000000 1000 000 000001 0 00000`,
    { keyFrame: true, size: { width: 352, height: 288 }, sourceFormat: 7 },
  ],
  [
    'H.263+, 640×360, P',
    `${psc} 00000000 10000 111 001 110 00000000000 1000 001 000001 0 0010 010011111 1 001011010 000`,
    { keyFrame: false, size: { width: 640, height: 360 }, sourceFormat: 7 },
  ],
  [
    'H.263+, size as before',
    `${psc} 00000000 10000 111 000 001 000001 0 00000`,
    { keyFrame: false, size: null, sourceFormat: 7 },
  ],
])('a picture header: %s', (_, bits, said) => {
  const header = fromBits(bits);
  expect(readH263Picture(header, 0, header.length)).toEqual(said);
});

test('no picture header', () => {
  const early = fromBits(`${psc} 00000000 1`);
  expect(readH263Picture(early, 0, early.length)).toBeNull();
  // A GOB, and a PTYPE of H.261.
  for (const bits of [
    '0000000000000000 1 00001 00 0000000000000000',
    `${psc} 00000000 11000 011 0 0000000`,
  ]) {
    const other = fromBits(bits);
    expect(readH263Picture(other, 0, other.length)).toBeNull();
  }
});

test('RFC 2190: packets begin with a GOB, in mode A', () => {
  const [packets] = packetsOf({ codec: 'H263' }, [key]);
  expect(packets.map((packet) => packet.length - 12 - 4)).toEqual([1000, 1000, 600]);
  // CIF, intra, nothing else.
  for (const packet of packets) expect(packet.subarray(12, 16).toString('hex')).toBe('00600000');
  expect(packets.map((packet) => packet[1] >> 7)).toEqual([0, 0, 1]);
});

test('RFC 4629: start codes are written as P, and GOBs larger than a packet are cut', () => {
  const [packets] = packetsOf({ codec: 'H263-1998' }, [key]);
  expect(packets.map((packet) => packet.subarray(12, 14).toString('hex'))).toEqual(['0400', '0400', '0400']);
  const [small] = packetsOf({ codec: 'H263-1998' }, [key.subarray(0, 500)], { maxPayloadBytes: 202 });
  expect(small.map((packet) => packet.subarray(12, 14).toString('hex'))).toEqual(['0400', '0000', '0000']);
  expect(small.map((packet) => packet.length - 14)).toEqual([200, 200, 98]);
});

test('fragments of RFC 2190 that meet within a byte are joined, whatever their mode', () => {
  const depacketizer = new H263Depacketizer(1 << 20);
  depacketizer.begin();
  // The picture's bytes … 0xab | 0xcd …: the first packet has five bits of the last byte, the second the others.
  const head = key.subarray(0, 30);
  const parts = [
    Buffer.concat([Buffer.from([0x03, 0x60, 0, 0]), head, Buffer.from([0b10101_111])]),
    Buffer.concat([Buffer.from([0x80 | (5 << 3), 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0b11111_011, 1, 2])]),
    Buffer.concat([Buffer.from([0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([3, 4])]),
  ];
  for (const part of parts) expect(depacketizer.write(part, 0, part.length)).toBe(true);
  expect(depacketizer.finish()).toMatchObject({ keyFrame: true, startsWhole: true });
  expect(depacketizer.take()).toEqual(Buffer.concat([head, Buffer.from([0b10101_011, 1, 2, 3, 4])]));
});

test('RFC 4629: redundancy and spare headers are skipped', () => {
  const depacketizer = new H263PlusDepacketizer(1 << 20);
  depacketizer.begin();
  // P and V set, a picture header of three bytes.
  const packet = Buffer.concat([Buffer.from([0x06, 3 << 3, 0xee, 1, 2, 3]), key.subarray(2)]);
  expect(depacketizer.write(packet, 0, packet.length)).toBe(true);
  expect(depacketizer.finish().keyFrame).toBe(true);
  expect(depacketizer.take()).toEqual(key);
  for (let length = 0; length < 7; length++) expect(depacketizer.write(packet, 0, length)).toBe(false);
});

test.each(['00600000', '80600000000000', 'c0600000000000000000'])(
  'RFC 2190: %s ends within its header',
  (hex) => {
    const packet = Buffer.from(hex, 'hex');
    expect(new H263Depacketizer(1 << 20).write(packet, 0, packet.length)).toBe(false);
  },
);
