/** What LiveKit's client library would leave behind in a process that lives for months. */
import { AudioSource, LocalParticipant, Room } from '@livekit/rtc-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEncoder } from '../../mcu/codecs/codec.ts';
import { OpusDecoder } from '../../mcu/codecs/opus.ts';
import { createRtcNodeLinks } from '../../mcu/link/rtc-node/links.ts';
import type { LinkEnd, PublishingLink } from '../../mcu/ports.ts';
import { collectGarbage } from '../support/garbage.ts';
import { type LiveKit, startLiveKit } from '../support/livekit.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

describe('links by LiveKit’s client library', () => {
  const links = createRtcNodeLinks({ log: quietLog() });
  const room = `rtc-node-${process.pid}`;
  let livekit: LiveKit;

  beforeAll(async () => {
    livekit = await startLiveKit();
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => livekit.close());

  const publish = (
    onEnd: (end: LinkEnd) => void,
    meanwhile = (): void => undefined,
  ): Promise<PublishingLink> =>
    links.publish({
      access: async () => {
        const token = await livekit.token('sip_caller', room);
        setImmediate(meanwhile);
        return { url: livekit.url, token };
      },
      codec: 'opus',
      trackName: 'phone',
      onMuted: () => undefined,
      onState: () => undefined,
      onEnd,
    });
  const listeners = (): number => globalThis._ffiClientInstance?.listenerCount('ffi_event') ?? 0;

  it('listen no more once a room has let them go', async () => {
    for (const end of ['closed', 'room-deleted', 'removed'] as const) {
      const ends: LinkEnd[] = [];
      const link = await publish((why) => ends.push(why));
      expect(listeners()).toBeGreaterThan(0);
      for (let index = 0; index < 10; index++) link.write(silence(index), 127);
      if (end === 'room-deleted') await livekit.rooms().deleteRoom(room);
      else if (end === 'removed') await livekit.rooms().removeParticipant(room, 'sip_caller');
      else await link.close();
      await until(`nothing is left of a link: ${end}`, () => listeners() === 0);
      expect(ends).toEqual(end === 'closed' ? [] : [end]);
      await link.close();
    }
  });

  it('give back what they decode and speak with', async () => {
    const decoders = vi.spyOn(OpusDecoder.prototype, 'close');
    const sources = vi.spyOn(AudioSource.prototype, 'close');
    const link = await publish(() => undefined);
    await link.close();
    await link.close();
    expect([decoders, sources].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('leave nothing behind when LiveKit takes no track', async () => {
    const sources = vi.spyOn(AudioSource.prototype, 'close');
    const tries = vi.spyOn(LocalParticipant.prototype, 'publishTrack').mockRejectedValue(new Error('no'));
    await expect(publish(() => undefined)).rejects.toThrow('no');
    expect(tries.mock.calls.length).toBeGreaterThan(0);
    expect(sources.mock.calls.length).toBe(tries.mock.calls.length);
    expect(listeners()).toBe(0);
  });

  it('close though LiveKit never answers', async () => {
    const link = await publish(() => undefined);
    const leaving = vi.spyOn(Room.prototype, 'disconnect').mockReturnValue(new Promise(() => undefined));
    await link.close();
    expect(listeners()).toBe(0);
    const [room] = leaving.mock.contexts as Room[];
    vi.restoreAllMocks();
    await room.disconnect();
  });

  it('say that LiveKit let them go while they joined', async () => {
    vi.spyOn(Room.prototype, 'connect').mockImplementation(() => {
      globalThis._ffiClientInstance?.on('ffi_event', () => undefined);
      return Promise.resolve();
    });
    await expect(publish(() => undefined)).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(listeners()).toBe(0);
  });

  it('outlive a join that their process was too slow to take', async () => {
    let slow = true;
    const link = await publish(
      () => undefined,
      () => {
        // Longer than the library waits before it drops the room.
        if (slow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 17_000);
        slow = false;
      },
    );
    // What it did not take must not be collected: that would be an uncaught error.
    await collectGarbage();
    expect(link.identity).toBe('sip_caller');
    await link.close();
  });
});

function silence(index: number): Buffer {
  const encoder = createEncoder('opus');
  const packet = Buffer.alloc(12 + encoder.maxBytes);
  const length = encoder.encode(new Int16Array(960), packet, 12);
  packet[0] = 0x80;
  packet.writeUInt16BE(index, 2);
  packet.writeUInt32BE(index * 960, 4);
  return packet.subarray(0, 12 + length);
}
