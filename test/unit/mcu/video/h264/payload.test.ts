import { expect, test } from 'vitest';
import { H264Depacketizer } from '../../../../../mcu/video/h264/depacketizer.ts';
import { byteStream, packetsOf, pps, slice, sps720 } from '../../../../support/made-video.ts';

/** One frame of these payloads; `facts` as they stand at its end. */
function put(payloads: readonly Buffer[], parameterSets: readonly string[] = []) {
  const depacketizer = new H264Depacketizer(1 << 20, parameterSets);
  depacketizer.begin();
  const taken = payloads.map((payload) => depacketizer.write(payload, 0, payload.length));
  const facts = { ...depacketizer.finish() };
  return { taken, facts, data: depacketizer.take(), size: depacketizer.size };
}

const sei = Buffer.from([6, 5, 3, 1, 2, 3, 0x80]);
const idr = slice(0x65, 3000);
const payloads = (mode: 0 | 1, ...nals: readonly Buffer[]) =>
  packetsOf({ codec: 'H264', packetizationMode: mode }, [byteStream(...nals)])[0].map((packet) =>
    packet.subarray(12),
  );

test('packetization-mode 0 has one NAL unit a packet, whatever its size', () => {
  const sent = payloads(0, sps720, pps, sei, slice(0x65, 1180), slice(0x65, 700, 2, false));
  expect(sent.map((payload) => payload[0] & 0x1f)).toEqual([7, 8, 6, 5, 5]);
  expect(payloads(0, idr)).toEqual([idr]);
});

test('packetization-mode 1 joins what stands before the slices, and cuts slices', () => {
  const sent = payloads(1, sps720, pps, sei, idr);
  expect(sent.map((payload) => payload[0])).toEqual([0x78, 0x7c, 0x7c, 0x7c]);
  expect(sent[0].readUInt16BE(1)).toBe(sps720.length);
  // S on the first, E on the last; all about as large.
  expect(sent.slice(1).map((payload) => payload[1])).toEqual([0x85, 0x05, 0x45]);
  expect(sent.slice(1).map((payload) => payload.length)).toEqual([1002, 1002, 1001]);
});

test('only the last packet of a frame has the marker', () => {
  for (const packetizationMode of [0, 1] as const) {
    const [packets] = packetsOf({ codec: 'H264', packetizationMode }, [byteStream(sps720, pps, idr)]);
    expect(packets.map((packet) => packet[1] >> 7)).toEqual(
      packets.map((_, i) => Number(i === packets.length - 1)),
    );
  }
});

test('start codes of three bytes and zeros behind NAL units are read too', () => {
  const frame = Buffer.concat([
    Buffer.from([0, 0, 1]),
    sps720,
    Buffer.from([0, 0, 0, 0, 1]),
    pps,
    Buffer.from([0, 0, 1]),
    idr,
    Buffer.alloc(3),
  ]);
  const [packets] = packetsOf({ codec: 'H264', packetizationMode: 0 }, [frame]);
  expect(packets.map((packet) => packet.subarray(12))).toEqual([sps720, pps, idr]);
});

test('a byte stream within a single NAL unit packet is taken apart', () => {
  const { taken, facts, data, size } = put([byteStream(sps720, pps), byteStream(idr)]);
  expect(taken).toEqual([true, true]);
  expect(facts).toMatchObject({ picture: true, keyFrame: true, startsWhole: true });
  expect(data).toEqual(byteStream(sps720, pps, idr));
  expect(size).toEqual({ width: 1280, height: 720 });
  // Without a start code in front, but with one inside.
  const inner = Buffer.concat([sps720, Buffer.from([0, 0, 1]), pps]);
  expect(put([inner, idr]).data).toEqual(byteStream(sps720, pps, idr));
});

test('delimiters and filler are left out', () => {
  const { data } = put([Buffer.from([9, 0x10]), sps720, pps, idr, Buffer.from([12, 255, 255, 0x80])]);
  expect(data).toEqual(byteStream(sps720, pps, idr));
});

test.each([
  ['reserved type', Buffer.from([0, 1, 2, 3])],
  ['STAP-B', Buffer.from([25, 0, 0, 0, 2, 0x41, 0x9a])],
  ['MTAP16', Buffer.from([26, 0, 0, 0, 2, 0, 0, 0, 0x41, 0x9a])],
  ['MTAP24', Buffer.from([27, 0, 0, 0, 2, 0, 0, 0, 0, 0x41])],
  ['FU-B', Buffer.from([29, 0x85, 0, 0, 1, 2])],
  ['type 31', Buffer.from([31, 1, 2, 3])],
  ['forbidden bit', Buffer.from([0xc1, 1, 2, 3])],
  ['FU-A without a payload', Buffer.from([0x7c, 0x85])],
  ['FU-A of an aggregate', Buffer.from([0x7c, 0x98, 1, 2])],
  ['STAP-A of nothing', Buffer.from([0x78])],
  ['STAP-A with a length beyond its end', Buffer.from([0x78, 0, 9, 0x41, 0x9a])],
  ['STAP-A with an empty unit', Buffer.from([0x78, 0, 0, 0, 2, 0x41, 0x9a])],
  ['STAP-A with a rest', Buffer.from([0x78, 0, 2, 0x41, 0x9a, 7])],
])('%s is malformed', (_, payload) => {
  expect(put([payload]).taken).toEqual([false]);
});

test('a NAL unit whose fragments are not all there is no part of the frame', () => {
  const fragments = payloads(1, idr);
  const parameterSets = [sps720.toString('base64'), pps.toString('base64')];
  for (const some of [
    fragments.slice(1),
    fragments.slice(0, -1),
    [fragments[0], slice(0x65, 50, 3, false)],
  ]) {
    const { facts, data } = put(some, parameterSets);
    expect(facts.unfinished).toBe(true);
    expect(data.indexOf(idr.subarray(0, 20))).toBe(-1);
  }
});

test('a frame of intra slices with its SPS, and a recovery point, are key frames too', () => {
  const intra = Buffer.concat([Buffer.from([0x41, 0x88]), idr.subarray(2)]);
  expect(put([sps720, pps, intra]).facts.keyFrame).toBe(true);
  expect(put([sps720, pps, slice(0x41, 300)]).facts.keyFrame).toBe(false);
  expect(put([sps720, pps, intra, slice(0x41, 300, 2, false)]).facts.keyFrame).toBe(false);
  const parameterSets = [sps720.toString('base64'), pps.toString('base64')];
  // Payload type 6: recovery_frame_cnt 0, or 2.
  expect(put([Buffer.from([6, 6, 1, 0xc4, 0x80]), slice(0x41, 300)], parameterSets).facts.keyFrame).toBe(
    true,
  );
  expect(put([Buffer.from([6, 6, 1, 0x64, 0x80]), slice(0x41, 300)], parameterSets).facts.keyFrame).toBe(
    false,
  );
});

test('parameter sets that are no base64, or none at all, are left out', () => {
  const { facts } = put([idr], ['!!', '', 'AAAA', sps720.toString('base64')]);
  expect(facts.keyFrame).toBe(false);
});
