/**
 * How long a picture takes from a camera to a screen. A clip turns from dark to white; counted from the first packet of
 * its first white frame leaving to the last packet of the first frame that shows it, in one process and so on one clock.
 * A device's own coding, decoding and display come on top.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createLiveKitLinks } from '../../../mcu/link/livekit-links.ts';
import { PAYLOAD_TYPES } from '../../../mcu/link/rtp.ts';
import type { LiveKit } from '../../support/livekit.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { spread } from '../numbers.ts';
import type { Spread } from '../numbers.ts';
import { brightAbove, FrameLog } from './brightness.ts';
import { flashFrames, fps } from './clips.ts';
import { devicePayloadType } from './room-system.ts';
import type { VideoBed } from './video-bed.ts';

const room = 'bench-flash';
const settleMs = 4000;
/** What is seen later than this is the next flash. */
const latestMs = 1000;
const frameMs = 1000 / fps;

export interface GlassToGlass {
  /** In each direction. */
  readonly flashes: number;
  /** ms; `count` is how many were seen. */
  readonly webRtcToDevice: Spread;
  readonly deviceToWebRtc: Spread;
}

export async function glassToGlass(bed: VideoBed, flashes: number): Promise<GlassToGlass> {
  const sender = await bed.sender(room, 'ada', 'flash');
  const { call, video } = await bed.roomSystem(room, { picture: 'flash' });
  const browser = await Browser.join(bed.livekit, `sip_${call.number}`);
  try {
    await pause(settleMs);
    const device = new FrameLog(devicePayloadType);
    video.requestKeyFrame();
    video.onPacket = device.take;
    browser.look();
    const [fromCamera, fromDevice] = await Promise.all([watch(sender, flashes), watch(video, flashes)]);
    await pause(latestMs);
    video.onPacket = null;
    return {
      flashes,
      webRtcToDevice: spread(delays(fromCamera, await device.pictures())),
      deviceToWebRtc: spread(delays(fromDevice, await browser.log.pictures())),
    };
  } finally {
    await bed.callers.hangUp(call);
    await browser.close();
    await bed.dismiss(sender);
  }
}

/** When the flashes left. Between two of them the clip is held up by a part of a frame, so that they meet all phases. */
function watch(
  source: { onFrame: ((index: number, atMs: number) => void) | null; delay(ms: number): void },
  flashes: number,
): Promise<number[]> {
  const sentMs: number[] = [];
  return new Promise((resolve) => {
    source.onFrame = (index, atMs) => {
      if (index === 0) source.delay(Math.random() * frameMs);
      if (index !== flashFrames.first) return;
      sentMs.push(atMs);
      if (sentMs.length < flashes) return;
      source.onFrame = null;
      resolve(sentMs);
    };
  });
}

/** Null for a flash that was not seen. */
function delays(
  sentMs: readonly number[],
  pictures: readonly { readonly atMs: number; readonly luma: number }[],
): (number | null)[] {
  return sentMs.map((sent) => {
    const seen = pictures.find(
      ({ atMs, luma }) => luma > brightAbove && atMs > sent && atMs < sent + latestMs,
    );
    return seen ? seen.atMs - sent : null;
  });
}

/** Somebody in the room who looks at one participant's camera, packets in, as a browser would. */
class Browser {
  log = new FrameLog(PAYLOAD_TYPES.H264);
  #looks = false;
  #trackSid = '';
  #close: () => Promise<void> = () => Promise.resolve();
  #requestKeyFrame: () => void = () => undefined;

  static async join(livekit: LiveKit, identity: string): Promise<Browser> {
    const browser = new Browser();
    const links = createLiveKitLinks({ log: quietLog(), bindAddress: '127.0.0.1' });
    const grants = { hidden: true, canPublish: false };
    const link = await links.subscribe({
      access: async () => ({
        url: livekit.url,
        token: await livekit.token('observer-flash', room, { grants }),
      }),
      onParticipants: () => undefined,
      onTracks: (tracks) => {
        const track = tracks.find((one) => one.kind === 'video' && one.participantIdentity === identity);
        if (track) browser.#trackSid = track.sid;
      },
      onPacket: (_sid, packet) => {
        if (browser.#looks) browser.log.take(packet);
      },
      onState: () => undefined,
      onEnd: () => undefined,
    });
    browser.#close = () => link.close();
    const deadline = AbortSignal.timeout(latestMs * 10);
    while (browser.#trackSid === '') {
      if (deadline.aborted) throw new Error('the device’s camera is not in the room');
      await pause(50);
    }
    link.setSubscribed([browser.#trackSid], true);
    browser.#requestKeyFrame = () => link.requestKeyFrame(browser.#trackSid);
    return browser;
  }

  /** From the next key frame on. */
  look(): void {
    this.#looks = true;
    this.#requestKeyFrame();
  }

  close(): Promise<void> {
    return this.#close();
  }
}
