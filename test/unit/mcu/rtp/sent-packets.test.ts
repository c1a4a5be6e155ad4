import { describe, expect, it } from 'vitest';
import { SentPackets } from '../../../../mcu/rtp/sent-packets.ts';

const packet = (sequence: number, bytes = 20): Buffer => {
  const out = Buffer.alloc(bytes, sequence & 0xff);
  out.writeUInt16BE(sequence, 2);
  return out;
};

describe('packets that are kept for those who lose some', () => {
  const sending = (size = 4) => {
    const kept = new SentPackets(size);
    const send = (sequence: number, nowMs = 0, bytes = 20) => {
      const wire = packet(sequence, bytes);
      kept.sent(kept.put(sequence, wire), wire, nowMs);
    };
    return { kept, send };
  };

  it('are found by their number, as they went out', () => {
    const { kept } = sending();
    const wire = packet(65_535);
    kept.sent(kept.put(65_535, packet(65_535, 12)), wire, 0);
    wire.fill(0);
    kept.sent(kept.put(0, packet(0, 1500)), packet(0, 1500), 0);
    expect(kept.again(65_535, 1)).toEqual(packet(65_535));
    expect(kept.again(0, 1)).toEqual(packet(0, 1500));
    expect(kept.resent).toBe(2);
  });

  it('make room for new ones, and are none of an earlier round of numbers', () => {
    const { kept, send } = sending();
    for (let sequence = 10; sequence < 16; sequence++) send(sequence);
    expect([9, 10, 11, 16].map((sequence) => kept.again(sequence, 1))).toEqual([null, null, null, null]);
    expect([12, 15].map((sequence) => kept.again(sequence, 1)?.readUInt16BE(2))).toEqual([12, 15]);
  });

  it('are none before one went out, after a second, or of a stream that is over', () => {
    const { kept, send } = sending();
    kept.put(1, packet(1));
    expect([kept.again(0, 1), kept.again(1, 1)]).toEqual([null, null]);
    send(2, 0);
    send(3, 600);
    expect([kept.again(2, 1100), kept.again(3, 1100)?.length]).toEqual([null, 20]);
    kept.clear();
    expect(kept.again(3, 1200)).toBeNull();
  });

  it('are sent again three times at most, and once for two requests at a time', () => {
    const { kept, send } = sending();
    send(7);
    const times = [1, 5, 20, 40, 60, 80].filter((nowMs) => kept.again(7, nowMs) !== null);
    expect(times).toEqual([1, 20, 40]);
  });

  it('cost half of what is sent and a burst at most, whoever asks for however much', () => {
    const { kept, send } = sending(512);
    let [sent, again] = [0, 0];
    for (let sequence = 0; sequence < 5000; sequence++) {
      const nowMs = sequence * 4;
      send(sequence, nowMs, 1000);
      sent += 1000;
      for (let back = 0; back < 250; back++)
        again += kept.again((sequence - back) & 0xffff, nowMs)?.length ?? 0;
    }
    expect(again).toBeLessThanOrEqual(sent / 2 + 16 * 1024);
    expect(again).toBeGreaterThan(sent / 3);
  });

  it('are sent again all the same by one who loses a fifth, some of them twice', () => {
    const { kept, send } = sending(512);
    let missed = 0;
    for (let sequence = 0; sequence < 5000; sequence++) {
      const nowMs = sequence * 4;
      send(sequence, nowMs, 1000);
      if (sequence % 5 === 0 && !kept.again(sequence, nowMs + 1)) missed++;
      if (sequence % 25 === 4 && !kept.again(sequence - 4, nowMs + 1)) missed++;
    }
    expect(missed).toBe(0);
  });
});
