/** SRTP against everything a network and an attacker do: loss, reordering, copies, flipped bits, made-up packets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { protectedRtcp, protectedRtp, everyProfile, rtcpOf, rtpOf, srtpEnds } from '../../support/srtp.ts';

const profiles = fc.constantFrom(...everyProfile);

test('loss, reordering and copies around every wrap: what is taken is right, and taken once', () => {
  const run = fc.property(
    profiles,
    fc.integer({ min: 0, max: 65_535 }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 300 })), {
      minLength: 1,
      maxLength: 120,
    }),
    (profile, first, steps) => {
      const { sender, receiver } = srtpEnds(profile);
      let at = first;
      const sent = steps.map(([step, delay], order) => {
        at += step;
        return { at, when: order * 40 + delay, wire: protectedRtp(sender, rtpOf(at)) };
      });
      // The stream's start is never in doubt.
      const start = protectedRtp(sender, rtpOf(at + 1));
      expect(receiver.unprotectRtp(Buffer.from(sent[0].wire))).toBeGreaterThan(0);
      const taken = new Set([sent[0].at]);
      const arriving = [...sent, ...sent].sort((a, b) => a.when - b.when);
      for (const { at: index, wire } of arriving) {
        const packet = Buffer.from(wire);
        const length = receiver.unprotectRtp(packet);
        if (length < 0) continue;
        expect(taken.has(index)).toBe(false);
        taken.add(index);
        expect(packet.subarray(0, length)).toEqual(rtpOf(index));
      }
      // Reordering stays within the window: nothing was lost to it.
      expect(taken.size).toBe(new Set(sent.map((one) => one.at)).size);
      expect(receiver.unprotectRtp(Buffer.from(start))).toBeGreaterThan(0);
    },
  );
  fc.assert(run, { numRuns: 60 });
});

test('a flipped bit never passes, in RTP or RTCP', () => {
  const run = fc.property(profiles, fc.nat(), fc.nat({ max: 7 }), fc.boolean(), (profile, at, bit, rtcp) => {
    const { sender, receiver } = srtpEnds(profile);
    const wire = rtcp ? protectedRtcp(sender, rtcpOf()) : protectedRtp(sender, rtpOf(9));
    const forged = Buffer.from(wire);
    forged[at % forged.length] ^= 1 << bit;
    const unprotect = (packet: Buffer) =>
      rtcp ? receiver.unprotectRtcp(packet) : receiver.unprotectRtp(packet);
    expect(unprotect(forged)).toBeLessThan(0);
    expect(unprotect(Buffer.from(wire))).toBeGreaterThan(0);
  });
  fc.assert(run, { numRuns: 400 });
});

test('bytes from anybody never throw and never pass', () => {
  const mutation = fc.record({
    cut: fc.nat({ max: 40 }),
    insert: fc.uint8Array({ maxLength: 40 }),
    at: fc.nat(),
    overwrite: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });
  const run = fc.property(
    profiles,
    mutation,
    fc.boolean(),
    (profile, { cut, insert, at, overwrite }, rtcp) => {
      const { sender, receiver } = srtpEnds(profile);
      const wire = rtcp ? protectedRtcp(sender, rtcpOf()) : protectedRtp(sender, rtpOf(9));
      const where = at % wire.length;
      const mutant = Buffer.concat([wire.subarray(0, where), insert, wire.subarray(where + cut)]);
      mutant.set(overwrite.subarray(0, Math.max(0, mutant.length - where)), Math.min(where, mutant.length));
      fc.pre(!mutant.equals(wire));
      expect(receiver.unprotectRtp(Buffer.from(mutant))).toBeLessThan(0);
      expect(receiver.unprotectRtcp(Buffer.from(mutant))).toBeLessThan(0);
      expect(receiver.checkpoint().streams).toHaveLength(0);
    },
  );
  fc.assert(run, { numRuns: 600 });
  const noise = fc.property(profiles, fc.uint8Array({ maxLength: 200 }), (profile, bytes) => {
    const { sender, receiver } = srtpEnds(profile);
    const packet = Buffer.from(bytes);
    expect(receiver.unprotectRtp(Buffer.from(packet))).toBeLessThan(0);
    expect(receiver.unprotectRtcp(Buffer.from(packet))).toBeLessThan(0);
    const out = Buffer.alloc(400);
    const length = sender.protectRtp(packet, out);
    if (length >= 0) expect(receiver.unprotectRtp(out.subarray(0, length))).toBe(packet.length);
  });
  fc.assert(noise, { numRuns: 600 });
});
