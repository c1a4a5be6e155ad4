import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crossG711, decodeG711, encodeG711, levelOfG711, silenceOctet } from '../../../../mcu/codecs/g711.ts';
import type { G711 } from '../../../../mcu/codecs/g711.ts';
import { decodeOctet, tone } from '../../../support/audio.ts';

const laws = ['PCMU', 'PCMA'] as const;
const allOctets = Uint8Array.from({ length: 256 }, (_, octet) => octet);

function decode(law: G711, octets: Uint8Array): Int16Array {
  const out = new Int16Array(octets.length);
  decodeG711(law, octets, 0, octets.length, out, 0);
  return out;
}

function encode(law: G711, samples: Int16Array): Uint8Array {
  const out = new Uint8Array(samples.length);
  encodeG711(law, samples, samples.length, out, 0);
  return out;
}

test.each(laws)('%s: every octet has the value of the recommendation’s table', (law) => {
  expect([...decode(law, allOctets)]).toEqual([...allOctets].map((octet) => decodeOctet(law, octet)));
});

test('known values of G.711 tables 1a to 2b', () => {
  // µ-law: largest, decision values' outputs 8031, 2 … and both zeros, in 14 bits.
  expect([...decode('PCMU', Uint8Array.of(0x80, 0x00, 0x8f, 0xfe, 0xff, 0x7f))].map((x) => x / 4)).toEqual([
    8031, -8031, 4191, 2, 0, 0,
  ]);
  // A-law with even bits inverted: largest 4032, smallest ±1, in 13 bits.
  expect([...decode('PCMA', Uint8Array.of(0xaa, 0x2a, 0xd5, 0x55))].map((x) => x / 8)).toEqual([
    4032, -4032, 1, -1,
  ]);
});

test.each(laws)('%s: every octet survives decoding and encoding', (law) => {
  const again = encode(law, decode(law, allOctets));
  for (const octet of allOctets) {
    // µ-law has two zeros.
    expect(decodeOctet(law, again[octet])).toBe(decodeOctet(law, octet));
  }
});

test.each(laws)('%s: every sample gets the octet in whose interval it lies', (law) => {
  const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
  const encoded = encode(law, samples);
  const decoded = decode(law, encoded);
  const loudest = decodeOctet(law, law === 'PCMU' ? 0x80 : 0xaa);
  for (let i = 0; i < samples.length; i++) {
    const segment = ((encoded[i] ^ (law === 'PCMU' ? 0xff : 0x55)) >> 4) & 7;
    // Outputs are the middles of their intervals, which double from segment to segment.
    const step = law === 'PCMU' ? 8 * 2 ** segment : 16 * 2 ** Math.max(0, segment - 1);
    const sample = Math.max(-loudest, Math.min(loudest, samples[i]));
    if (Math.abs(decoded[i] - sample) > step / 2) expect.fail(`${samples[i]} became ${decoded[i]}`);
  }
});

test.each(laws)('%s: louder in is never softer out', (law) => {
  fc.assert(
    fc.property(fc.integer({ min: -32_768, max: 32_766 }), (sample) => {
      const [a, b] = decode(law, encode(law, Int16Array.of(sample, sample + 1)));
      expect(b).toBeGreaterThanOrEqual(a);
    }),
  );
});

test('one law becomes the other within a step', () => {
  for (const law of laws) {
    const other = law === 'PCMU' ? 'PCMA' : 'PCMU';
    const octets = Uint8Array.from(allOctets);
    crossG711(law, octets, 0, octets.length);
    for (const octet of allOctets) {
      const before = decodeOctet(law, octet);
      const after = decodeOctet(other, octets[octet]);
      expect(Math.abs(after - before)).toBeLessThanOrEqual(Math.max(16, Math.abs(before) / 16));
    }
  }
});

test.each(laws)('%s: levels are those of RFC 6464', (law) => {
  const silence = new Uint8Array(160).fill(silenceOctet[law]);
  expect(levelOfG711('PCMU', new Uint8Array(160).fill(0xff), 0, 160)).toBe(127);
  expect(levelOfG711(law, silence, 0, 160)).toBeGreaterThan(70);
  // A sine of half the full scale: 6 dB for the half and 3 dB for the sine.
  expect(levelOfG711(law, encode(law, tone(1000, 16_384, 160)), 0, 160)).toBe(9);
  expect(levelOfG711(law, encode(law, tone(1000, 1036, 160)), 0, 160)).toBe(33);
});
