import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bare, RtpRewriter } from '../../../mcu/link/rtp.ts';
import { receiverReport, Reception } from '../../../mcu/link/rtcp.ts';
import { unwrapRtx } from '../../../mcu/link/rtx.ts';
import { dropUnreadableCodecs, extensionIds, offeredMedia, receiveOnly } from '../../../mcu/link/sdp.ts';

const bytes = (max: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

/** Any valid packet: CSRCs, an extension, padding, each or none. */
const rtp = fc
  .record({
    marker: fc.boolean(),
    type: fc.integer({ min: 0, max: 127 }),
    sequence: fc.integer({ min: 0, max: 0xffff }),
    timestamp: fc.integer({ min: 0, max: 0xffffffff }),
    ssrc: fc.integer({ min: 0, max: 0xffffffff }),
    csrcs: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 }),
    extension: fc.option(bytes(8)),
    payload: fc.uint8Array({ minLength: 1, maxLength: 400 }).map((array) => Buffer.from(array)),
    padding: fc.integer({ min: 0, max: 20 }),
  })
  .map((parts) => ({ ...parts, packet: build(parts) }));

interface Parts {
  readonly marker: boolean;
  readonly type: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  readonly extension: Buffer | null;
  readonly payload: Buffer;
  readonly padding: number;
}

function build(parts: Parts): Buffer {
  const header = Buffer.alloc(12 + 4 * parts.csrcs.length);
  header[0] = 0x80 | (parts.padding > 0 ? 0x20 : 0) | (parts.extension ? 0x10 : 0) | parts.csrcs.length;
  header[1] = (parts.marker ? 0x80 : 0) | parts.type;
  header.writeUInt16BE(parts.sequence, 2);
  header.writeUInt32BE(parts.timestamp, 4);
  header.writeUInt32BE(parts.ssrc, 8);
  for (const [index, csrc] of parts.csrcs.entries()) header.writeUInt32BE(csrc, 12 + 4 * index);
  const chunks = [header];
  if (parts.extension !== null) {
    const words = Math.ceil(parts.extension.length / 4);
    const extension = Buffer.alloc(4 + 4 * words);
    extension.writeUInt16BE(0xbede, 0);
    extension.writeUInt16BE(words, 2);
    parts.extension.copy(extension, 4);
    chunks.push(extension);
  }
  const padding = Buffer.alloc(parts.padding);
  if (parts.padding > 0) padding[parts.padding - 1] = parts.padding;
  return Buffer.concat([...chunks, parts.payload, padding]);
}

it('carries the payload of every valid packet, unchanged, both ways', () => {
  const rewriter = new RtpRewriter(0x01020304, 'PCMU', '0');
  rewriter.useExtensions({ audioLevel: 1, mid: 2 });
  fc.assert(
    fc.property(rtp, fc.integer({ min: 0, max: 127 }), (parts, level) => {
      const sent = rewriter.rewrite(parts.packet, level);
      if (sent === null) throw new Error('a valid packet was dropped');
      expect(sent.readUInt16BE(2)).toBe(parts.sequence);
      expect(sent.readUInt32BE(4)).toBe(parts.timestamp);
      expect(sent.readUInt32BE(8)).toBe(0x01020304);
      expect(sent[1] >= 0x80).toBe(parts.marker);
      expect(bare(Buffer.from(sent))?.subarray(12)).toEqual(parts.payload);
      const received = bare(Buffer.from(parts.packet));
      expect(received?.subarray(12 + 4 * parts.csrcs.length)).toEqual(parts.payload);
      expect(received?.readUInt32BE(8)).toBe(parts.ssrc);
    }),
  );
});

it('undoes any retransmission', () => {
  fc.assert(
    fc.property(rtp, fc.integer({ min: 0, max: 0xffff }), (parts, sequence) => {
      const number = Buffer.alloc(2);
      number.writeUInt16BE(sequence);
      const wrapped = build({ ...parts, payload: Buffer.concat([number, parts.payload]) });
      const original = unwrapRtx(wrapped, 99, 96);
      expect(original).toEqual(build({ ...parts, sequence, ssrc: 99, type: 96 }));
    }),
  );
});

it('survives garbage on the wire', () => {
  const rewriter = new RtpRewriter(1, 'PCMU', '0');
  fc.assert(
    fc.property(bytes(64), (garbage) => {
      rewriter.rewrite(garbage, 15);
      receiverReport(garbage, 1, () => new Reception());
      unwrapRtx(Buffer.from(garbage), 1, 2);
      bare(Buffer.from(garbage));
    }),
    { numRuns: 2000 },
  );
});

it('survives garbage in SDP', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'm=audio 9 X 0 111',
      'm=video',
      'a=rtpmap:111 opus/48000',
      'a=ssrc-group:FID 1',
      'a=ssrc:1 msid:',
    ),
    fc.string({ maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.join('\r\n');
      receiveOnly(text, dropUnreadableCodecs(text));
      offeredMedia(text);
      extensionIds(text, '0');
    }),
  );
});
