import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VideoSender } from '../../../../mcu/rtp/video-sender.ts';
import { packetsOf } from '../../../support/made-video.ts';
import { FakeVideoTransport, viewOf } from '../../../support/video-peer.ts';

const feed = { codec: 'H264', packetizationMode: 1 } as const;
let transport: FakeVideoTransport;
let sender: VideoSender;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  transport = new FakeVideoTransport();
  sender = new VideoSender(transport, () => performance.now());
});
afterEach(() => {
  sender.close();
  vi.useRealTimers();
});

const sent = () => transport.packets.map(viewOf);
/** Frames of one packet each. */
function frames(count: number, stream: Parameters<typeof packetsOf>[2] = {}): Buffer[] {
  const small = Array.from({ length: count }, (_, i) => Buffer.from([0, 0, 0, 1, 0x41, 0x9a, 1 + i]));
  return packetsOf(feed, small, stream).flat();
}
function write(packets: readonly Buffer[], eachMs = 33): void {
  for (const packet of packets) {
    sender.write(packet, 111);
    vi.advanceTimersByTime(eachMs);
  }
}

test('a feed’s packets become the stream’s own, in copies: others are sent the same ones', () => {
  const packets = frames(3, { ssrc: 5, firstSequence: 65_535, firstTimestamp: 0xffff_fff0 });
  const before = packets.map((packet) => Buffer.from(packet));
  write(packets);
  expect(packets).toEqual(before);
  const [a, b, c] = sent();
  expect([a, b, c].every(({ ssrc, payloadType }) => ssrc === sender.ssrc && payloadType === 111)).toBe(true);
  expect([(b.sequence - a.sequence) & 0xffff, (c.sequence - b.sequence) & 0xffff]).toEqual([1, 1]);
  expect([(b.timestamp - a.timestamp) >>> 0, (c.timestamp - b.timestamp) >>> 0]).toEqual([3000, 3000]);
  expect(transport.packets[1].subarray(12)).toEqual(packets[1].subarray(12));
  expect(transport.packets.map((packet) => packet[1] >> 7)).toEqual([1, 1, 1]);
  expect(sender.packets).toBe(3);
});

test('another feed goes on where the last one ended, as late as the clock says', () => {
  write(frames(2, { ssrc: 5, firstSequence: 100, firstTimestamp: 1000 }));
  vi.advanceTimersByTime(67);
  write(frames(1, { ssrc: 6, firstSequence: 9, firstTimestamp: 77 }));
  // An engine that began anew has the same names and other numbers.
  write(frames(1, { ssrc: 6, firstSequence: 9, firstTimestamp: 5 }));
  const [, b, c, d] = sent();
  expect((c.sequence - b.sequence) & 0xffff).toBe(1);
  expect((c.timestamp - b.timestamp) >>> 0).toBe(100 * 90);
  expect((d.sequence - c.sequence) & 0xffff).toBe(1);
  expect((d.timestamp - c.timestamp) >>> 0).toBe(3000);
});

test('what is missing in the feed is missing in the stream: the device must know', () => {
  const [a, , c] = frames(3);
  write([a, c]);
  const [first, second] = sent();
  expect((second.sequence - first.sequence) & 0xffff).toBe(2);
  expect((second.timestamp - first.timestamp) >>> 0).toBe(6000);
});

test('a large frame is spread over some milliseconds, in order and whole', () => {
  const [keyFrame] = packetsOf(feed, [
    Buffer.concat([Buffer.from([0, 0, 0, 1, 0x65, 0x88]), Buffer.alloc(118_000, 7)]),
  ]);
  for (const packet of keyFrame) sender.write(packet, 96);
  expect(keyFrame.length).toBeGreaterThan(90);
  expect(transport.packets).toHaveLength(10);
  vi.advanceTimersByTime(2);
  expect(transport.packets).toHaveLength(20);
  vi.advanceTimersByTime(30);
  expect(transport.packets.map((packet) => packet.subarray(12))).toEqual(
    keyFrame.map((packet) => packet.subarray(12)),
  );
  const numbers = sent().map(({ sequence }) => sequence);
  expect(numbers.every((n, i) => i === 0 || ((n - numbers[i - 1]) & 0xffff) === 1)).toBe(true);
});

test('a source that floods is sent at once rather than kept without end', () => {
  const all = frames(1500);
  for (const packet of all) sender.write(packet, 96);
  expect(transport.packets.length).toBeGreaterThanOrEqual(1500 - 512);
  vi.advanceTimersByTime(500);
  expect(transport.packets).toHaveLength(1500);
});

test('a packet that got lost is sent again octet for octet, a few times, while it is of use', () => {
  write(frames(3));
  const [lost] = sent();
  const again = () => {
    sender.resend(lost.sequence);
    return transport.again.length;
  };
  expect(again()).toBe(1);
  expect(transport.again[0]).toEqual(transport.packets[0]);
  // Asked twice for one loss.
  expect(again()).toBe(1);
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(20);
    again();
  }
  expect(transport.again).toHaveLength(3);
  expect(sender.resent).toBe(3);
  const [, second] = sent();
  vi.advanceTimersByTime(1000);
  sender.resend(second.sequence);
  sender.resend((second.sequence + 500) & 0xffff);
  expect(transport.again).toHaveLength(3);
});

test('of an encrypted stream the octets that went out are sent again, and none under an old key', () => {
  transport.sendRtp = (packet) => {
    const wire = Buffer.concat([packet, Buffer.from('a tag')]);
    transport.packets.push(Buffer.from(wire));
    return wire;
  };
  write(frames(1));
  sender.resend(sent()[0].sequence);
  expect(transport.again).toEqual(transport.packets);
  expect(sender.octets).toBe(transport.packets[0].length - 12 - 5);
  vi.advanceTimersByTime(20);
  const { ssrc } = sender;
  sender.changeSsrc();
  expect(sender.ssrc).not.toBe(ssrc);
  sender.resend(sent()[0].sequence);
  expect(transport.again).toHaveLength(1);
});

test('while there is no way to the peer nothing is kept for it', () => {
  transport.open = false;
  write(frames(5));
  transport.open = true;
  vi.advanceTimersByTime(100);
  expect(transport.packets).toEqual([]);
});
