import { describe, expect, test } from 'vitest';
import type { VideoCodec } from '../../../../mcu/ports/video.ts';
import {
  assembling,
  byteStream,
  frameTicks,
  madeFrame,
  packetsOf,
  pps,
  prints,
  slice,
  sps720,
} from '../../../support/made-video.ts';

const codecs = ['H264', 'VP8', 'H263', 'H263-1998'] as const;

/** A key frame and seven that need it; each some packets. */
function someFrames(codec: VideoCodec): Buffer[] {
  return Array.from({ length: 8 }, (_, i) => madeFrame(codec, i === 0, 3000, i));
}

function send(packets: readonly Buffer[], { assembler }: ReturnType<typeof assembling>, fromMs = 0): void {
  packets.forEach((packet, i) => assembler.write(Buffer.from(packet), fromMs + i));
}

describe.each(codecs)('%s', (codec) => {
  const frames = someFrames(codec);
  const sent = packetsOf({ codec, packetizationMode: 1 }, frames, {
    firstSequence: 65_530,
    firstTimestamp: 0xffff_0000,
  });

  test('frames come out as they went in, around the wrap of sequence and timestamp', () => {
    const to = assembling(codec);
    send(sent.flat(), to);
    expect(prints(to.frames)).toEqual(prints(frames));
    expect(to.frames.map((frame) => frame.keyFrame)).toEqual(frames.map((_, i) => i === 0));
    expect(to.frames.map((frame) => frame.timestamp)).toEqual(
      frames.map((_, i) => (0xffff_0000 + i * frameTicks) >>> 0),
    );
    expect(to.assembler.keyFrameNeeded).toBe(false);
    expect(to.assembler.figures()).toEqual({
      frames: 8,
      keyFrames: 1,
      framesDropped: 0,
      packetsLost: 0,
      malformed: 0,
    });
  });

  test('reordered and doubled packets change nothing', () => {
    const to = assembling(codec);
    const [first, ...rest] = sent.flat();
    const shuffled = rest.flatMap((packet, i) =>
      i % 4 === 0 ? [] : i % 4 === 1 ? [packet, rest[i - 1]] : [packet, packet],
    );
    send([first, ...shuffled], to);
    expect(prints(to.frames)).toEqual(prints(frames));
  });

  test('after a loss nothing comes until a key frame, and that is asked for', () => {
    const to = assembling(codec);
    send([...sent[0], ...sent[1].slice(1), ...sent[2]], to);
    expect(to.frames).toHaveLength(1);
    // Waited for long enough.
    to.assembler.advance(500);
    expect(to.assembler.keyFrameNeeded).toBe(true);
    send(sent[3], to, 501);
    expect(to.frames).toHaveLength(1);
    const [key, next] = packetsOf({ codec, packetizationMode: 1 }, [frames[0], frames[1]], {
      firstSequence: (sent[3].at(-1)?.readUInt16BE(2) ?? 0) + 1,
      firstTimestamp: 900_000,
    });
    send([...key, ...next], to, 600);
    expect(to.frames.map((frame) => frame.keyFrame)).toEqual([true, true, false]);
    expect(to.assembler.keyFrameNeeded).toBe(false);
    expect(to.assembler.figures()).toMatchObject({ framesDropped: 3, packetsLost: 1 });
  });

  test('a packet sent again at a NACK saves the frame', () => {
    const to = assembling(codec);
    send([...sent[0], ...sent[1].slice(0, 1), ...sent[1].slice(2), ...sent[2]], to);
    expect(to.frames).toHaveLength(1);
    to.assembler.write(Buffer.from(sent[1][1]), 80);
    expect(prints(to.frames)).toEqual(prints(frames.slice(0, 3)));
  });

  test('a whole frame that is lost is noticed', () => {
    const to = assembling(codec);
    send([...sent[0], ...sent[2], ...sent[3]], to);
    to.assembler.advance(1000);
    expect(to.frames).toHaveLength(1);
    expect(to.assembler.keyFrameNeeded).toBe(true);
  });

  test('where loss is tolerated, what can be shown is shown, and said not to be intact', () => {
    const to = assembling(codec, { tolerateLoss: true });
    send([...sent[0], ...sent[2], ...sent[3]], to);
    to.assembler.advance(1000);
    expect(to.frames.map((frame) => frame.intact)).toEqual([true, false, false]);
    expect(to.assembler.keyFrameNeeded).toBe(true);
  });

  test('a stream that is joined late begins with its first key frame', () => {
    const to = assembling(codec);
    send([...sent[2], ...sent[3]], to);
    expect(to.frames).toHaveLength(0);
    expect(to.assembler.keyFrameNeeded).toBe(true);
  });

  test('a new SSRC takes over at its key frame; the old one is not listened to any more', () => {
    const to = assembling(codec);
    send(sent.flat(), to);
    const other = packetsOf({ codec, packetizationMode: 1 }, frames, { ssrc: 9, firstSequence: 7 });
    // The last packets of the old one come late.
    const mixed = other.flat().flatMap((packet, i) => (i < 3 ? [packet, sent[7][i]] : [packet]));
    send(mixed, to, 400);
    expect(prints(to.frames)).toEqual(prints([...frames, ...frames]));
  });

  test('a sequence that jumps goes on with the next key frame', () => {
    const to = assembling(codec);
    send(sent.flat(), to);
    const other = packetsOf({ codec, packetizationMode: 1 }, frames, { firstSequence: 20_000 });
    send(other.flat(), to, 400);
    expect(prints(to.frames)).toEqual(prints([...frames, ...frames]));
  });

  test('a sequence that begins anew a little behind is not taken for late packets for long', () => {
    const to = assembling(codec);
    const long = packetsOf({ codec, packetizationMode: 1 }, [...frames, ...frames, ...frames, ...frames], {
      firstSequence: 500,
    }).flat();
    send(long, to);
    const anew = packetsOf({ codec, packetizationMode: 1 }, [...frames, ...frames, ...frames, ...frames], {
      firstSequence: 450,
    }).flat();
    send(anew, to, 1000);
    expect(to.frames.length).toBeGreaterThan(4 * 8);
    expect(to.frames.at(-1)?.timestamp).toBe(31 * frameTicks);
  });

  test('timestamps may jump in any way', () => {
    const to = assembling(codec);
    const jumping = sent.map((packets) => packets.map((packet) => Buffer.from(packet)));
    const times = [5, 4_000_000_000, 17, 18, 2_147_483_648, 0, 90, 3];
    for (const [i, packets] of jumping.entries())
      for (const packet of packets) packet.writeUInt32BE(times[i], 4);
    send(jumping.flat(), to);
    expect(to.frames.map((frame) => frame.timestamp)).toEqual(times);
  });

  test('markers that never come are not missed', () => {
    const to = assembling(codec);
    const unmarked = sent.flat().map((packet) => Buffer.from(packet));
    for (const packet of unmarked) packet[1] &= 0x7f;
    send(unmarked, to);
    expect(prints(to.frames)).toEqual(prints(frames.slice(0, 7)));
  });

  test('packets without payload probe the way and are no part of a frame', () => {
    const to = assembling(codec);
    const numbered = sent.flatMap((packets) => [...packets, Buffer.from(packets[0].subarray(0, 12))]);
    numbered.forEach((packet, i) => packet.writeUInt16BE(i, 2));
    send(numbered, to);
    expect(to.frames).toHaveLength(8);
    // For those who read on: `sent` is shared.
    sent.flat().forEach((packet, i) => packet.writeUInt16BE((65_530 + i) & 0xffff, 2));
  });

  test('packets of another payload type between them are passed over', () => {
    const to = assembling(codec);
    const numbered = sent.flat().flatMap((packet) => {
      const other = Buffer.from(packet);
      other[1] = 111;
      return [Buffer.from(packet), other];
    });
    numbered.forEach((packet, i) => packet.writeUInt16BE(i, 2));
    send(numbered, to);
    expect(prints(to.frames)).toEqual(prints(frames));
    expect(to.assembler.figures()).toMatchObject({ malformed: sent.flat().length, packetsLost: 0 });
  });

  test('what is no RTP, or of another payload type, is counted and nothing else', () => {
    const to = assembling(codec);
    const strange = Buffer.from(sent[0][0]);
    strange[1] = 111;
    send([Buffer.alloc(0), Buffer.from('hello'), strange, ...sent.flat()], to);
    expect(to.frames).toHaveLength(8);
    expect(to.assembler.figures().malformed).toBe(3);
  });
});

describe('H264', () => {
  const parameterSets = [sps720.toString('base64'), pps.toString('base64')];

  test('parameter sets from SDP go in front of a key frame without them', () => {
    const to = assembling('H264', { parameterSets });
    const idr = byteStream(slice(0x65, 2000));
    send(packetsOf({ codec: 'H264', packetizationMode: 1 }, [idr]).flat(), to);
    expect(prints(to.frames)).toEqual(prints([Buffer.concat([byteStream(sps720, pps), idr])]));
    expect(to.frames[0].size).toEqual({ width: 1280, height: 720 });
  });

  test('those that came once in band are given to each later key frame', () => {
    const to = assembling('H264');
    const idr = byteStream(slice(0x65, 2000));
    send(packetsOf({ codec: 'H264', packetizationMode: 0 }, [madeFrame('H264', true, 500), idr]).flat(), to);
    expect(to.frames[1].data).toEqual(Buffer.concat([byteStream(sps720, pps), idr]));
  });

  test('a key frame whose parameter sets nobody knows can’t be decoded', () => {
    const to = assembling('H264');
    send(packetsOf({ codec: 'H264', packetizationMode: 1 }, [byteStream(slice(0x65, 2000))]).flat(), to);
    expect(to.frames).toHaveLength(0);
    expect(to.assembler.keyFrameNeeded).toBe(true);
  });

  test('parameter sets with a marker and a time of their own are no frame', () => {
    const to = assembling('H264');
    const idr = byteStream(slice(0x65, 100));
    const parts = [byteStream(sps720), byteStream(pps), idr];
    for (const times of [
      [0, 0, 0],
      [10, 20, 30],
    ]) {
      const sent = packetsOf({ codec: 'H264', packetizationMode: 0 }, parts, { ssrc: 1 + times[1] }).flat();
      sent.forEach((packet, i) => packet.writeUInt32BE(times[i], 4));
      send(sent, to);
    }
    const expected = Buffer.concat([byteStream(sps720, pps), idr]);
    expect(prints(to.frames)).toEqual(prints([expected, expected]));
  });

  test('a sender that marks every slice is understood after one key frame', () => {
    const to = assembling('H264');
    const frames = Array.from({ length: 6 }, (_, i) =>
      byteStream(
        ...(i % 3 === 0 ? [sps720, pps] : []),
        slice(i % 3 === 0 ? 0x65 : 0x41, 400, i),
        slice(i % 3 === 0 ? 0x65 : 0x41, 400, i + 1, false),
      ),
    );
    const sent = packetsOf({ codec: 'H264', packetizationMode: 0 }, frames).flat();
    for (const packet of sent) packet[1] |= 0x80;
    send(sent, to);
    to.assembler.advance(1000);
    expect(prints(to.frames.slice(1))).toEqual(prints(frames.slice(3, 5)));
  });

  test('a timestamp that stands still does not stop the picture', () => {
    const to = assembling('H264');
    const frames = someFrames('H264');
    const sent = packetsOf({ codec: 'H264', packetizationMode: 1 }, frames).flat();
    for (const packet of sent) packet.writeUInt32BE(5, 4);
    send(sent, to);
    expect(prints(to.frames)).toEqual(prints(frames));
  });

  test('a loss inside a frame that nothing refers to costs that frame only', () => {
    const to = assembling('H264');
    const frames = [
      madeFrame('H264', true, 500),
      byteStream(slice(0x01, 3000)),
      madeFrame('H264', false, 500),
    ];
    const [key, disposable, next] = packetsOf({ codec: 'H264', packetizationMode: 1 }, frames);
    send([...key, disposable[0], ...disposable.slice(2), ...next], to);
    to.assembler.advance(1000);
    expect(prints(to.frames)).toEqual(prints([frames[0], frames[2]]));
    expect(to.assembler.keyFrameNeeded).toBe(false);
  });

  test('a larger frame than allowed is dropped, and memory stays', () => {
    const to = assembling('H264', { largestFrame: 100_000 });
    const huge = madeFrame('H264', true, 150_000);
    const sent = packetsOf({ codec: 'H264', packetizationMode: 1 }, [huge, madeFrame('H264', true, 5000)]);
    send(sent.flat(), to);
    expect(to.frames.map((frame) => frame.data.length)).toEqual([madeFrame('H264', true, 5000).length]);
  });
});

describe('VP8', () => {
  test('what is lost between two frames with consecutive picture IDs was none', () => {
    const to = assembling('VP8');
    const [first, second] = packetsOf({ codec: 'VP8' }, [
      madeFrame('VP8', true, 900),
      madeFrame('VP8', false, 900),
    ]);
    for (const packet of second) packet.writeUInt16BE(packet.readUInt16BE(2) + 1, 2);
    send([...first, ...second], to);
    to.assembler.advance(1000);
    expect(to.frames).toHaveLength(2);
    expect(to.assembler.keyFrameNeeded).toBe(false);
  });

  test('a lost frame of a higher temporal layer is not needed by the base layer', () => {
    const to = assembling('VP8');
    /** N, TL0PICIDX and TID as Chromium's three layers have them (RFC 7741 §4.2). */
    const layered = (
      sequence: number,
      pictureId: number,
      tl0: number,
      tid: number,
      sync: boolean,
    ): Buffer => {
      const packet = Buffer.from([
        ...[0x80, 0x80 | 96, sequence >> 8, sequence, 0, 0, sequence, 0, 0, 0, 0, 7],
        ...[0x90, 0xe0, 0x80, pictureId, tl0, (tid << 6) | (sync ? 0x20 : 0)],
      ]);
      return Buffer.concat([packet, madeFrame('VP8', pictureId === 0, 50)]);
    };
    send(
      [
        layered(0, 0, 0, 0, false),
        // 1 is lost: layer 2. 2 needs the base layer alone.
        layered(2, 2, 0, 1, true),
        // 3 is lost: layer 2.
        layered(4, 4, 1, 0, false),
        // 5 is lost; 6 may need it.
        layered(6, 6, 1, 1, false),
      ],
      to,
    );
    to.assembler.advance(1000);
    expect(to.frames).toHaveLength(3);
    expect(to.assembler.keyFrameNeeded).toBe(true);
  });
});

test('the codec may change from one frame to the next, with a key frame', () => {
  const formats = [
    { codec: 'H264', payloadType: 96 },
    { codec: 'VP8', payloadType: 97 },
  ] as const;
  const to = assembling('H264', { formats });
  const h264 = packetsOf({ codec: 'H264', packetizationMode: 1 }, someFrames('H264')).flat();
  const vp8 = packetsOf({ codec: 'VP8' }, someFrames('VP8'), {
    payloadType: 97,
    firstSequence: h264.length,
    firstTimestamp: 800_000,
  }).flat();
  send([...h264, ...vp8], to);
  expect(to.frames.map((frame) => frame.codec)).toEqual([
    ...Array<string>(8).fill('H264'),
    ...Array<string>(8).fill('VP8'),
  ]);
});

test('a flood behind a missing packet is not kept', () => {
  const to = assembling('VP8', { waitMs: 1e9, largestFrame: 200_000 });
  const sent = packetsOf({ codec: 'VP8' }, [madeFrame('VP8', true, 900_000)]).flat();
  sent.splice(3, 1);
  send(sent, to);
  expect(to.assembler.figures().packetsLost).toBe(1);
});
