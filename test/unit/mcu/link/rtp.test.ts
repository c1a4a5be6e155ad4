import { describe, expect, it } from 'vitest';
import { bare, isRtcp, PAYLOAD_TYPES, RtpRewriter } from '../../../../mcu/link/rtp.ts';
import { unwrapRtx } from '../../../../mcu/link/rtx.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a caller’s packet on its way into the room', () => {
  const packet = hex('80 8d 1234 000000a0 deadbeef 0102030405');

  it('keeps sequence, timestamp, marker and payload; type, SSRC and level are the link’s', () => {
    const rewriter = new RtpRewriter(0xcafe0001, 'PCMU', '0');
    rewriter.useExtensions({ audioLevel: 3, mid: 4 });
    const out = rewriter.rewrite(packet, 15);
    expect(out).toEqual(hex('90 80 1234 000000a0 cafe0001 bede0001 30 8f 40 30 0102030405'));
    expect(packet).toEqual(hex('80 8d 1234 000000a0 deadbeef 0102030405'));
  });

  it('leaves out the extensions that the SFU did not take', () => {
    const rewriter = new RtpRewriter(1, 'PCMA', '0');
    expect(rewriter.rewrite(packet, 15)).toEqual(hex('80 88 1234 000000a0 00000001 0102030405'));
    rewriter.useExtensions({ audioLevel: 1, mid: 0 });
    expect(rewriter.rewrite(packet, 15)).toEqual(
      hex('90 88 1234 000000a0 00000001 bede0001 10 8f 00 00 0102030405'),
    );
    rewriter.useExtensions({ audioLevel: 0, mid: 2 });
    expect(rewriter.rewrite(packet, 15)).toEqual(
      hex('90 88 1234 000000a0 00000001 bede0001 20 30 00 00 0102030405'),
    );
  });

  it('says the m-line that it belongs to', () => {
    const rewriter = new RtpRewriter(1, 'H264', '1');
    rewriter.useExtensions({ audioLevel: 0, mid: 4 });
    expect(rewriter.rewrite(packet, 0)).toEqual(
      hex('90 e6 1234 000000a0 00000001 bede0001 40 31 00 00 0102030405'),
    );
  });

  it('says silence without the voice flag, and keeps levels in their range', () => {
    const rewriter = new RtpRewriter(1, 'opus', '0');
    rewriter.useExtensions({ audioLevel: 1, mid: 0 });
    const level = (dbov: number): number | undefined => rewriter.rewrite(packet, dbov)?.[17];
    expect([level(127), level(500), level(-3), level(20.4)]).toEqual([127, 127, 0x80, 0x80 | 20]);
  });

  it('drops its CSRCs, extensions and padding', () => {
    const rewriter = new RtpRewriter(1, 'PCMU', '0');
    const full = hex('b1 00 0001 00000002 00000003 0a0b0c0d bede0001 11223344 aabb 000003');
    expect(rewriter.rewrite(full, 15)).toEqual(hex('80 00 0001 00000002 00000001 aabb'));
  });

  it('gives nothing for what is no RTP, has no payload, or is too long', () => {
    const rewriter = new RtpRewriter(1, 'PCMU', '0');
    const bad = ['', '80', '00 00 0001 00000002 00000003 aa', '80 00 0001 00000002 00000003'];
    for (const text of bad) expect(rewriter.rewrite(hex(text), 15)).toBeNull();
    const long = Buffer.concat([hex('80 00 0001 00000002 00000003'), Buffer.alloc(1500)]);
    expect(rewriter.rewrite(long, 15)).toBeNull();
  });

  it('allocates one view per length only', () => {
    const rewriter = new RtpRewriter(1, 'PCMU', '0');
    expect(rewriter.rewrite(packet, 15)).toBe(rewriter.rewrite(packet, 20));
  });
});

describe('a packet on its way out of the room', () => {
  it('loses extensions and padding, in place', () => {
    const packet = hex('b0 ef 0001 00000002 00000003 bede0001 11223344 aabbcc 0002');
    const out = bare(packet);
    expect(out).toEqual(hex('80 ef 0001 00000002 00000003 aabbcc'));
    expect(out?.buffer).toBe(packet.buffer);
  });

  it('is itself when it has none', () => {
    const packet = hex('80 6f 0001 00000002 00000003 aabbcc');
    expect(bare(packet)).toBe(packet);
  });

  it('is nothing when it is a probe or cut short', () => {
    expect(bare(hex('a0 6f 0001 00000002 00000003 000003'))).toBeNull();
    expect(bare(hex('90 6f 0001 00000002 00000003 bede0005 1122'))).toBeNull();
    expect(bare(hex('8f 6f 0001 00000002 00000003'))).toBeNull();
    expect(bare(hex('a0 6f 0001 00000002 00000003 aa ff'))).toBeNull();
  });

  it('keeps its number where a probe would else look lost', () => {
    const probe = hex('b0 66 0001 00000002 00000003 bede0001 11223344 000003');
    expect(bare(probe, true)).toEqual(hex('80 66 0001 00000002 00000003'));
    expect(bare(hex('a0 6f 0001 00000002 00000003 aa ff'), true)).toBeNull();
  });

  it('is told from RTCP', () => {
    expect([hex('80c8'), hex('81c9'), hex('80ce')].every(isRtcp)).toBe(true);
    expect([hex('806f'), hex('80ef'), hex('8000'), hex('80')].some(isRtcp)).toBe(false);
  });
});

describe('a retransmission', () => {
  it('becomes the packet that it repairs', () => {
    const packet = hex('90 e1 0009 00000002 000007d1 bede0001 11223344 beef aabb');
    const out = unwrapRtx(packet, 2000, 96);
    expect(out).toEqual(hex('90 e0 beef 00000002 000007d0 bede0001 11223344 aabb'));
    expect(bare(out ?? Buffer.alloc(0))).toEqual(hex('80 e0 beef 00000002 000007d0 aabb'));
  });

  it('is nothing when it only probes', () => {
    expect(unwrapRtx(hex('a0 61 0009 00000002 000007d1 0000000000000008'), 2000, 96)).toBeNull();
    expect(unwrapRtx(hex('80 61 0009 00000002 000007d1 beef'), 2000, 96)).toBeNull();
  });
});

it('names the payload types that other parts rely on', () => {
  expect(PAYLOAD_TYPES).toEqual({ PCMU: 0, PCMA: 8, opus: 111, VP8: 96, H264: 102 });
});
