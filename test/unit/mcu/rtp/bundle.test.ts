import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bundle, unbundle } from '../../../../mcu/rtp/bundle.ts';

/** Sends packets through a bundle: the datagrams, and the packets that come out of them. */
function through(packets: readonly Uint8Array[]): { datagrams: Buffer[]; out: Buffer[] } {
  const datagrams: Buffer[] = [];
  const bundle = new Bundle((datagram) => datagrams.push(Buffer.from(datagram)));
  for (const packet of packets) bundle.add(Buffer.from(packet));
  bundle.flush();
  const out: Buffer[] = [];
  for (const datagram of datagrams) unbundle(datagram, (packet) => out.push(packet));
  return { datagrams, out };
}

describe('Bundle', () => {
  it('carries a tick of 30 callers in one datagram', () => {
    const packets = Array.from({ length: 30 }, (_, i) => new Uint8Array(172).fill(i));
    const { datagrams, out } = through(packets);
    expect(datagrams).toHaveLength(1);
    expect(out.map((packet) => packet[0])).toEqual(packets.map((packet) => packet[0]));
  });

  it('brings any packets through unchanged and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 60 }), (packets) => {
        expect(through(packets).out.map((packet) => [...packet])).toEqual(packets.map((one) => [...one]));
      }),
    );
  });

  it('sends nothing when there is nothing, and drops what is longer than a datagram may be', () => {
    expect(through([]).datagrams).toHaveLength(0);
    expect(through([new Uint8Array(20_000), Uint8Array.of(7)]).out).toEqual([Buffer.from([7])]);
  });
});

describe('unbundle', () => {
  it('reads no byte beyond the end, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        let total = 0;
        unbundle(Buffer.from(bytes), (packet) => (total += packet.length + 2));
        expect(total).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('gives the whole packets before one that is cut short', () => {
    const out: Buffer[] = [];
    unbundle(Buffer.from([0, 1, 9, 0, 5, 1, 2]), (packet) => out.push(packet));
    expect(out).toEqual([Buffer.from([9])]);
  });
});
