/**
 * What a device and its network may send, and what the room sees of it then: the next key frame, whole, and a figure that
 * tells. What decoders make of it is in `test/contract/pictures-hostile.test.ts`, and more of all in `test/fuzz/mcu`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SeatInRoom } from '../../../mcu/leg-camera.ts';
import type { LegVideoStats, PublishedVideoOptions } from '../../../mcu/ports.ts';
import { buildNack, buildPli } from '../../../mcu/video/rtcp-feedback.ts';
import { mutate, randomFrom } from '../../support/byte-mutator.ts';
import {
  assembling,
  byteStream,
  madeFrame,
  packetsOf,
  pps,
  prints,
  slice,
} from '../../support/made-video.ts';
import { devicePort, makeVideoLeg } from '../../support/video-leg.ts';
import { feedbackOf } from '../../support/video-peer.ts';

type Received = NonNullable<LegVideoStats['received']>;

let call: ReturnType<typeof makeVideoLeg>;
let room: ReturnType<typeof assembling>;
let sizes: string[];
/** What the device was asked for. */
let asked: string[];
/** Where the device is in its stream; may be set. */
let at: { ssrc: number; sequence: number; timestamp: number };
let seed: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  call = makeVideoLeg();
  room = assembling('H264');
  [sizes, asked, seed] = [[], [], 0];
  at = { ssrc: 9, sequence: 65_500, timestamp: 0xffff_f000 };
  call.rtcp.send = (packet: Buffer) => void asked.push(...feedbackOf(packet));
  call.leg.leave();
  const link = { publishVideo: publish };
  call.leg.enter({ ...call.seat, link } as unknown as SeatInRoom);
  for (let i = 0; i < 5; i++) await send(picture(true));
});
afterEach(() => {
  call.leg.close();
  vi.useRealTimers();
});

function publish({ width, height }: PublishedVideoOptions) {
  sizes.push(`${width}x${height}`);
  return Promise.resolve({
    write: (packet: Buffer) => room.assembler.write(Buffer.from(packet), performance.now()),
    setMuted: () => undefined,
    setSize: (size: { width: number; height: number }) => sizes.push(`${size.width}x${size.height}`),
    close: () => Promise.resolve(),
  });
}

const picture = (key: boolean, bytes = 4000) => madeFrame('H264', key, bytes, ++seed);

/** The next frame's packets, as a device numbers them. */
function packets(frame: Buffer): Buffer[] {
  const cut = packetsOf({ codec: 'H264', packetizationMode: 1 }, [frame], {
    ...{ ssrc: at.ssrc, firstSequence: at.sequence & 0xffff, firstTimestamp: at.timestamp >>> 0 },
  })[0];
  at.sequence += cut.length;
  at.timestamp += 3000;
  return cut;
}
async function hear(all: readonly Buffer[]): Promise<void> {
  for (const packet of all) call.rtp.hear(packet, devicePort);
  vi.advanceTimersByTime(33);
  call.leg.tick();
  await nextTurn();
}
const send = (frame: Buffer) => hear(packets(frame));
function figures(): Received {
  const received = call.leg.stats?.received;
  if (!received) throw new Error('nothing is received');
  return { ...received };
}

/** 352×288, level 3.1: by another encoder than the one that `madeFrame` has its sizes of. */
const spsCif = Buffer.from('6742c01fda0b04ec0440000003004000000f23c60ca8', 'hex');

const badInput: readonly (readonly [string, keyof Received, () => Promise<void>])[] = [
  [
    'broken NAL units',
    'packets',
    async () => {
      const random = randomFrom(1);
      for (let i = 0; i < 40; i++) {
        const broken = packets(picture(i % 3 === 0)).map((packet) => {
          const payload = mutate(packet.subarray(12), random);
          return Buffer.concat([packet.subarray(0, 12), payload]);
        });
        await hear(broken);
      }
    },
  ],
  [
    'a key frame that gets lost',
    'packetsLost',
    async () => {
      packets(picture(true));
      for (let i = 0; i < 5; i++) await send(picture(false));
    },
  ],
  [
    'wrong payload types',
    'malformed',
    async () => {
      for (let type = 0; type < 128; type++) {
        const [packet] = packets(picture(false, 100));
        packet[1] = (packet[1] & 0x80) | type;
        if (type !== 96) await hear([packet]);
        at.sequence--;
      }
    },
  ],
  [
    'another size',
    'keyFrames',
    async () => {
      await send(byteStream(spsCif, pps, slice(0x65, 3000, ++seed)));
      await send(byteStream(slice(0x41, 3000, ++seed)));
    },
  ],
  [
    'a flood of 4K',
    'packets',
    async () => {
      for (let i = 0; i < 30; i++)
        await hear(packets(picture(i % 10 === 0, 250_000)).filter((_, n) => n % 7 > 0));
    },
  ],
  [
    'timestamps that jump, ahead and back',
    'packets',
    async () => {
      for (const jump of [1_000_000_000, -2_000_000_000, -90_000, 1]) {
        at.timestamp += jump;
        await send(picture(false));
      }
    },
  ],
  [
    'a sequence that jumps ahead',
    'packetsLost',
    async () => {
      at.sequence += 20_000;
      for (let i = 0; i < 3; i++) await send(picture(false));
    },
  ],
  [
    'a sequence that begins anew a little lower',
    'packets',
    async () => {
      at.sequence -= 300;
      for (let i = 0; i < 30; i++) await send(picture(false));
    },
  ],
  [
    'another SSRC that begins without a key frame',
    'keyFramesAsked',
    async () => {
      at = { ssrc: 77, sequence: 5, timestamp: 5 };
      for (let i = 0; i < 20; i++) await send(picture(false));
    },
  ],
  [
    'RTCP that is garbage',
    'malformed',
    async () => {
      const random = randomFrom(2);
      for (let i = 0; i < 300; i++) {
        const report = mutate(i % 2 === 0 ? buildPli(9, 5) : buildNack(9, 5, [1, 2, 700]), random);
        if (report.length > 0) report[0] = 0x80 | (report[0] & 0x3f);
        call.rtcp.hear(report, devicePort + 1);
      }
      await send(picture(false));
    },
  ],
];

test.each(badInput)(
  'after %s the room sees the next key frame, and “%s” tells',
  async (_, figure, happen) => {
    const before = figures();
    await happen();
    const last = picture(true);
    await send(last);
    // What is lost is waited for.
    for (let i = 0; i < 6; i++) await send(picture(false));
    expect(figures()[figure]).toBeGreaterThan(before[figure] as number);
    const seen = room.frames.slice(-7);
    expect(prints(seen)[0]).toBe(prints([last])[0]);
    expect(seen.map(({ keyFrame, intact }) => [keyFrame, intact])).toEqual(
      seen.map((_frame, i) => [i === 0, true]),
    );
  },
);

test('after another size the room is told it, in pixels', async () => {
  await send(byteStream(spsCif, pps, slice(0x65, 3000, ++seed)));
  await send(byteStream(slice(0x41, 3000, ++seed)));
  expect(sizes).toEqual(['1280x720', `${figures().width}x${figures().height}`]);
  expect(figures().width).toBeLessThan(1280);
});

test('a device is asked for the key frame that its new stream lacks, and no more often than it may be', async () => {
  at = { ssrc: 77, sequence: 5, timestamp: 5 };
  asked.length = 0;
  for (let i = 0; i < 30; i++) await send(picture(false));
  expect(asked.filter((ask) => ask === 'pli')).toHaveLength(2);
});
