/** Pictures through the links that carry RTP as it is, against a real LiveKit, judged by Chromium on LiveKit's own client. */
import { TrackSource } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLiveKitLinks } from '../../mcu/link/livekit-links.ts';
import { createRtcNodeLinks } from '../../mcu/link/rtc-node/links.ts';
import type { PictureSize, RemoteTrack } from '../../mcu/ports.ts';
import { sequenceDelta } from '../../mcu/rtp/packet.ts';
import { missingForBrowser } from '../support/browser.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import {
  type CameraEnd,
  eventually,
  framesIn,
  openCamera,
  openPublishing,
  openSubscribing,
  type PublishingEnd,
  type PublishingWishes,
  type Sfu,
  type SubscribingEnd,
} from '../support/link-ends.ts';
import { collectGarbage } from '../support/garbage.ts';
import { type LiveKit, missingForLiveKit, needsOwnLiveKit, startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { quietLog } from '../support/quiet-log.ts';
import {
  openRoomBrowser,
  type RoomBrowser,
  type RoomPage,
  type SeenPicture,
} from '../support/room-browser.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { testVideo, type TestVideo } from '../support/test-video.ts';
import { startUdpRelay } from '../support/udp-relay.ts';

const links = createLiveKitLinks({ log: quietLog(), bindAddress: '127.0.0.1' });
const closers: (() => unknown)[] = [];
let livekit: LiveKit;
let rooms = 0;
let room = '';

const publish = async (on: Sfu = livekit, wishes: PublishingWishes = {}): Promise<PublishingEnd> => {
  const end = await openPublishing(links, on, room, 'sip_caller', wishes);
  closers.push(() => end.link.close());
  return end;
};

const subscribe = async (on: Sfu = livekit): Promise<SubscribingEnd> => {
  const end = await openSubscribing(links, on, room, 'hidden');
  closers.push(() => end.link.close());
  return end;
};

const showCamera = async ({ link }: PublishingEnd, video: TestVideo): Promise<CameraEnd> => {
  const camera = await openCamera(link, video);
  closers.push(() => camera.device.close());
  return camera;
};

/** The picture of somebody as the subscriber has it in its list, taken. */
const take = async (end: SubscribingEnd, identity: string): Promise<RemoteTrack> => {
  const find = (): RemoteTrack | undefined =>
    end.tracks.find(({ participantIdentity, kind }) => participantIdentity === identity && kind === 'video');
  await eventually('the picture is listed', () => expect(find()).toBeDefined());
  const track = find();
  if (track === undefined) throw new Error('no picture');
  end.link.setSubscribed([track.sid], true);
  return track;
};

/** Waits for a picture of this size; what came before is forgotten then. */
const untilSize = async (end: SubscribingEnd, sid: string, size: PictureSize): Promise<void> => {
  await eventually(
    `pictures of ${size.width} × ${size.height}`,
    () => expect(framesIn(end.packets.get(sid) ?? []).at(-1)?.size).toEqual(size),
    30_000,
  );
  end.packets.delete(sid);
};

const kilobytesASecond = async (end: SubscribingEnd, sid: string): Promise<number> => {
  // By their own clock, whatever this machine's is doing: 90 kHz.
  const passed = (packets: readonly Buffer[]): number =>
    packets.length === 0
      ? 0
      : (packets[packets.length - 1].readUInt32BE(4) - packets[0].readUInt32BE(4)) >>> 0;
  end.packets.delete(sid);
  await eventually('two seconds of it', () =>
    expect(passed(end.packets.get(sid) ?? [])).toBeGreaterThan(180_000),
  );
  const packets = end.packets.get(sid) ?? [];
  const bytes = packets.reduce((sum, packet) => sum + packet.length - 12, 0);
  return bytes / (passed(packets) / 90);
};

/** How many packets are missing between the first and the last one but the last `unsettled` ones. */
const missing = (packets: readonly Buffer[], unsettled = 0): number => {
  const [first] = packets;
  const numbers = new Set(
    packets.map((packet) => sequenceDelta(packet.readUInt16BE(2), first.readUInt16BE(2))),
  );
  const end = Math.max(...numbers) - unsettled;
  return end + 1 - [...numbers].filter((one) => one >= 0 && one <= end).length;
};

beforeAll(async () => {
  livekit = await startLiveKit();
});
afterAll(() => livekit.close());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const freshRoom = (): void => {
  room = `link-video-${process.pid}-${rooms++}`;
};

describeWith(
  [missingForLiveKit(), missingForBrowser(), ffmpegMissing],
  'pictures between links and a browser',
  () => {
    let browser: RoomBrowser;

    beforeAll(async () => {
      browser = await openRoomBrowser();
    });
    afterAll(() => browser.close());

    const join = async (identity: string, on: Sfu = livekit): Promise<RoomPage> => {
      const page = await browser.join(on.url, await on.token(identity, room));
      closers.push(() => page.close());
      return page;
    };

    const untilSeen = async (page: RoomPage, check: (seen: SeenPicture) => void): Promise<void> =>
      eventually(
        'it is seen in the browser',
        async () => {
          const seen = await page.seen('sip_caller');
          expect(seen).not.toBeNull();
          if (seen !== null) check(seen);
        },
        20_000,
      );

    const expectRed = ({ colour: [red, green, blue] }: SeenPicture): void => {
      expect(red).toBeGreaterThan(200);
      expect(Math.max(green, blue)).toBeLessThan(60);
    };

    it.each(['vp8', 'h264'] as const)(
      'take a browser’s %s in the layer that is shown',
      async (codec) => {
        freshRoom();
        const [page, end] = [await join('web'), await subscribe()];
        const sid = await page.publishCamera({ codec, width: 1280, height: 720, simulcast: true });
        const track = await take(end, 'web');
        expect(track).toMatchObject({ sid, source: 'camera', codec: codec.toUpperCase(), muted: false });
        end.link.setShown(sid, { width: 320, height: 180 });
        await untilSize(end, sid, { width: 320, height: 180 });
        const small = await kilobytesASecond(end, sid);
        expect(missing(end.packets.get(sid) ?? [])).toBe(0);

        end.link.setShown(sid, { width: 1280, height: 720 });
        await untilSize(end, sid, { width: 1280, height: 720 });
        const large = await kilobytesASecond(end, sid);
        expect(small).toBeLessThan(large / 2);

        const before = framesIn(end.packets.get(sid) ?? []).filter(({ keyFrame }) => keyFrame).length;
        await eventually('a key frame that was asked for', () => {
          end.link.requestKeyFrame(sid);
          const frames = framesIn(end.packets.get(sid) ?? []);
          expect(frames.filter(({ keyFrame }) => keyFrame).length).toBeGreaterThan(before);
        });
        const types = new Set(end.packets.get(sid)?.map((packet) => packet[1] & 0x7f));
        expect([...types]).toEqual([codec === 'vp8' ? 96 : 102]);

        end.link.setSubscribed([sid], false);
        await page.unpublishCamera();
        await eventually('the picture is gone', () => expect(end.tracks).toEqual([]));
      },
      120_000,
    );

    it('keep the layer that is shown when the subscriber joins afresh', async () => {
      freshRoom();
      const proxy = await startTcpProxy(livekit.url);
      closers.push(() => proxy.close());
      const page = await join('web');
      const sid = await page.publishCamera({ codec: 'vp8', width: 1280, height: 720, simulcast: true });
      const end = await subscribe({ ...livekit, url: proxy.url });
      const small = { width: 320, height: 180 };
      end.link.setShown(sid, small);
      await take(end, 'web');
      await untilSize(end, sid, small);
      proxy.drop();
      await eventually('it is back', () => expect(end.states).toEqual(['lost', 'restored']));
      // Until the small layer flows again, the SFU gives the next one that does.
      await untilSize(end, sid, small);
      await eventually('key frames, which tell the size', () => {
        end.link.requestKeyFrame(sid);
        const frames = framesIn(end.packets.get(sid) ?? []);
        expect(frames.filter(({ keyFrame }) => keyFrame).length).toBeGreaterThan(2);
      });
      const sizes = framesIn(end.packets.get(sid) ?? []).map(({ size }) => size);
      expect(sizes.length).toBeGreaterThan(0);
      for (const size of sizes) expect(size).toEqual(small);
    }, 60_000);

    it('get VP8 of a browser that would rather send VP9', async () => {
      freshRoom();
      const [page, end] = [await join('web'), await subscribe()];
      const wishes = { codec: 'vp9', width: 640, height: 360, simulcast: false, backupCodec: true } as const;
      const sid = await page.publishCamera(wishes);
      expect(await take(end, 'web')).toMatchObject({ sid, codec: 'VP8' });
      await eventually('VP8 comes', () =>
        expect(framesIn(end.packets.get(sid) ?? []).length).toBeGreaterThan(5),
      );
    });

    it.each(['H264', 'VP8'] as const)(
      'show a device’s %s, also to who comes late',
      async (codec) => {
        freshRoom();
        const [page, caller] = [await join('web'), await publish()];
        const camera = await showCamera(caller, testVideo({ codec, width: 640, height: 360, frames: 300 }));
        await untilSeen(page, (seen) => {
          expect(seen).toMatchObject({ mimeType: `video/${codec}`, muted: false, width: 640, height: 360 });
          expect(seen.frames).toBeGreaterThan(30);
          expect(seen.told).toEqual({ width: 640, height: 360 });
          expectRed(seen);
        });
        const wanted = camera.keyFramesWanted;
        await page.close();
        const late = await join('late');
        await untilSeen(late, (seen) => expectRed(seen));
        expect(camera.keyFramesWanted).toBeGreaterThan(wanted);

        camera.published.setSize({ width: 1280, height: 720 });
        await untilSeen(late, ({ told }) => expect(told).toEqual({ width: 1280, height: 720 }));

        await camera.published.close();
        await eventually('the picture is gone', async () => expect(await late.seen('sip_caller')).toBeNull());
        await showCamera(caller, testVideo({ codec, width: 640, height: 360, frames: 300 }));
        await untilSeen(late, (seen) => expectRed(seen));
        expect([...caller.states, ...caller.ends]).toEqual([]);
      },
      120_000,
    );

    it('come back after the SFU crashed', async ({ skip }) => {
      needsOwnLiveKit(livekit, skip);
      freshRoom();
      const caller = await publish();
      await showCamera(caller, testVideo({ frames: 300 }));
      await livekit.kill();
      await eventually('the loss is noticed', () => expect(caller.states).toEqual(['lost']));
      await livekit.restart();
      await eventually('it is back', () => expect(caller.states).toEqual(['lost', 'restored']), 30_000);
      await untilSeen(await join('web'), (seen) => expectRed(seen));
      expect(caller.ends).toEqual([]);
    }, 120_000);
  },
);

describeWith([missingForLiveKit(), ffmpegMissing], 'pictures from link to link', () => {
  it('are muted by a host without the voice, and by the caller', async () => {
    freshRoom();
    const [caller, end] = [await publish(), await subscribe()];
    const camera = await showCamera(caller, testVideo());
    const { sid } = await take(end, 'sip_caller');
    const muted = (): boolean | undefined => end.tracks.find((track) => track.sid === sid)?.muted;
    await eventually('it comes', () => expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(10));
    await livekit.rooms().mutePublishedTrack(room, 'sip_caller', sid, true);
    await eventually('the link hears of the mute', () => expect(camera.mutes).toEqual([true]));
    await eventually('the mute is listed', () => expect(muted()).toBe(true));
    expect(caller.mutes).toEqual([]);
    camera.published.setMuted(false);
    await eventually('it is unmuted', () => expect(muted()).toBe(false));
    end.packets.clear();
    await eventually('it comes again', () => expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(10));
    camera.published.setMuted(true);
    await eventually('it is muted', () => expect(muted()).toBe(true));
    expect(camera.mutes).toEqual([true]);
    expect(end.tracks.filter(({ kind, muted: silent }) => kind === 'audio' && !silent)).toHaveLength(1);
  });

  it('stop when they are taken no more, while others go on', async () => {
    freshRoom();
    const end = await subscribe();
    const other = await openPublishing(links, livekit, room, 'sip_other');
    closers.push(() => other.link.close());
    await showCamera(await publish(), testVideo());
    await showCamera(other, testVideo());
    const [{ sid: given }, { sid: kept }] = [await take(end, 'sip_caller'), await take(end, 'sip_other')];
    const coming = (sid: string, more: number): Promise<void> => {
      const before = end.packets.get(sid)?.length ?? 0;
      return eventually('it comes', () =>
        expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(before + more),
      );
    };
    await coming(given, 10);
    end.link.setSubscribed([given], false);
    // What is on its way arrives before a second of the other one has.
    await coming(kept, 60);
    const { length } = end.packets.get(given) ?? [];
    await coming(kept, 120);
    expect(end.packets.get(given)).toHaveLength(length);
    end.link.setSubscribed([given], true);
    await coming(given, 10);
  });

  it('are repaired where packets are lost, on both ways', async ({ skip }) => {
    needsOwnLiveKit(livekit, skip);
    freshRoom();
    const outside = '127.0.0.2';
    const far = await startLiveKit({ mediaAddress: outside });
    closers.push(() => far.close());
    const port = far.mediaPort ?? 0;
    const relay = await startUdpRelay({ address: outside, port }, { address: '127.0.0.1', port });
    closers.push(() => relay.close());
    const [caller, end] = [await publish(far), await subscribe(far)];
    await showCamera(caller, testVideo({ width: 1280, height: 720 }));
    const { sid } = await take(end, 'sip_caller');
    await eventually('it comes', () => expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(10));
    relay.lose(25);
    end.packets.clear();
    await eventually(
      'enough of it came',
      () => expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(500),
      30_000,
    );
    // One in 313 is lost a second time on its way; it is asked for again, and so is the next.
    expect(missing(end.packets.get(sid) ?? [], 100)).toBeLessThan(3);
  }, 60_000);

  it('come and go, whatever node collects meanwhile', async () => {
    freshRoom();
    const [caller, end] = [await publish(), await subscribe()];
    for (let round = 0; round < 3; round++) {
      const camera = await showCamera(caller, testVideo());
      const { sid } = await take(end, 'sip_caller');
      const comes = (): Promise<void> => {
        end.packets.clear();
        return eventually('it comes', () => expect(end.packets.get(sid)?.length ?? 0).toBeGreaterThan(10));
      };
      await comes();
      await collectGarbage();
      await comes();
      await camera.published.close();
      await camera.published.close();
      await eventually('it is gone', () => expect(end.tracks.map(({ kind }) => kind)).toEqual(['audio']));
    }
    expect(caller.states).toEqual([]);
  });

  it('are refused in words where the room takes no such codec, and taken in another', async ({ skip }) => {
    needsOwnLiveKit(livekit, skip);
    freshRoom();
    const narrow = await startLiveKit({ enabledCodecs: ['audio/opus', 'audio/PCMU', 'video/VP8'] });
    closers.push(() => narrow.close());
    const caller = await publish(narrow);
    await expect(showCamera(caller, testVideo())).rejects.toMatchObject({
      code: 'LINK_NO_CODEC',
      message: 'the room takes no H264',
    });
    const end = await subscribe(narrow);
    await showCamera(caller, testVideo({ codec: 'VP8' }));
    expect(await take(end, 'sip_caller')).toMatchObject({ codec: 'VP8' });
    expect(caller.states).toEqual([]);
  });

  it('are refused in words to a caller who may not show any, and its voice stays', async () => {
    freshRoom();
    const caller = await publish(livekit, { grants: { canPublishSources: [TrackSource.MICROPHONE] } });
    await expect(showCamera(caller, testVideo())).rejects.toMatchObject({ code: 'LINK_REFUSED' });
    await expect(showCamera(caller, testVideo())).rejects.toMatchObject({ code: 'LINK_REFUSED' });
    const [{ tracks }] = await livekit.rooms().listParticipants(room);
    expect(tracks).toHaveLength(1);
    expect(caller.states).toEqual([]);
  });

  it('are one at a time, and can be called off', async () => {
    freshRoom();
    const caller = await publish();
    await showCamera(caller, testVideo());
    await expect(showCamera(caller, testVideo())).rejects.toMatchObject({ code: 'LINK_REFUSED' });
    await caller.link.close();
    await expect(showCamera(caller, testVideo())).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('are for LiveKit’s own client library no more than listed', async () => {
    freshRoom();
    const rtcNode = createRtcNodeLinks({ log: quietLog() });
    const [caller, end] = [await publish(), await openSubscribing(rtcNode, livekit, room, 'hidden')];
    closers.push(() => end.link.close());
    await showCamera(caller, testVideo());
    expect(await take(end, 'sip_caller')).toMatchObject({ kind: 'video', codec: 'other' });
    const other = await openPublishing(rtcNode, livekit, room, 'sip_other', { codec: 'opus' });
    closers.push(() => other.link.close());
    await expect(showCamera(other, testVideo())).rejects.toMatchObject({ code: 'LINK_NO_CODEC' });
  });
});

describe('those who speak', () => {
  it('are told while they do, of those who are subscribed', async () => {
    freshRoom();
    const end = await subscribe();
    const web = await RtcParticipant.join(livekit.url, await livekit.token('web', room));
    closers.push(() => web.close());
    const voice = await web.publishTone(300);
    await eventually('the voice is listed', () => expect(end.tracks).toHaveLength(1));
    end.link.setSubscribed([voice.trackSid], true);
    await eventually('it speaks', () => expect(end.speakers.at(-1)).toEqual(['web']));
    await livekit.rooms().mutePublishedTrack(room, 'web', voice.trackSid, true);
    await eventually('it speaks no more', () => expect(end.speakers.at(-1)).toEqual([]));
    await livekit.rooms().mutePublishedTrack(room, 'web', voice.trackSid, false);
    await eventually('it speaks again', () => expect(end.speakers.at(-1)).toEqual(['web']));
    end.link.setSubscribed([voice.trackSid], false);
    await eventually('it is of no interest any more', () => expect(end.speakers.at(-1)).toEqual([]));
  });
});
