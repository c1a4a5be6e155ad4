import { describe, expect, it } from 'vitest';
import { PacketRing } from '../../../../mcu/video/packet-ring.ts';

const packet = (sequence: number, bytes = 20): Buffer => {
  const out = Buffer.alloc(bytes, sequence & 0xff);
  out.writeUInt16BE(sequence, 2);
  return out;
};

describe('packets that are kept for those who lost some', () => {
  it('are found by their number, as they were', () => {
    const ring = new PacketRing(4);
    const sent = packet(65_535);
    ring.keep(sent);
    sent.fill(0);
    ring.keep(packet(0, 1500));
    expect(ring.find(65_535)).toEqual(packet(65_535));
    expect(ring.find(0)).toEqual(packet(0, 1500));
  });

  it('make room for new ones', () => {
    const ring = new PacketRing(4);
    for (let sequence = 10; sequence < 16; sequence++) ring.keep(packet(sequence));
    expect([9, 10, 11, 16].map((sequence) => ring.find(sequence))).toEqual([null, null, null, null]);
    expect([12, 15].map((sequence) => ring.find(sequence)?.readUInt16BE(2))).toEqual([12, 15]);
  });

  it('are none of an earlier round of numbers', () => {
    const ring = new PacketRing(4);
    ring.keep(packet(3));
    ring.keep(packet(30_000));
    expect(ring.find(3)).toBeNull();
  });

  it('are none before any was sent, nor one that no path would carry', () => {
    const ring = new PacketRing(4);
    expect(ring.find(0)).toBeNull();
    ring.keep(packet(1, 1501));
    expect(ring.find(1)).toBeNull();
  });
});
