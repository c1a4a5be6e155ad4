/**
 * How long a picture takes from a camera to a screen. A clip turns from dark to white; counted from the first packet of
 * its first white frame leaving to the last packet of the first frame that shows it, in one process and so on one clock.
 * A device's own coding, decoding and display come on top.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { between, spread } from '../numbers.ts';
import type { Spread } from '../numbers.ts';
import { brightAbove, FrameLog } from './brightness.ts';
import { Browser } from './browser.ts';
import { flashFrames, fps } from './clips.ts';
import { devicePayloadType } from './room-system.ts';
import type { VideoBed } from './video-bed.ts';

const room = 'bench-flash';
const settleMs = 4000;
/** Who joins while the device sends, one after the other. */
export const lateJoiners = 10;
/** LiveKit seems to pass a camera one request for a key frame a second. */
const restMs = 1500;
/** What is seen later than this is the next flash. */
const latestMs = 1000;
const frameMs = 1000 / fps;

export interface GlassToGlass {
  /** In each direction. */
  readonly flashes: number;
  /** ms; `count` is how many were seen. */
  readonly webRtcToDevice: Spread;
  readonly deviceToWebRtc: Spread;
  /** Of who joins while the device sends: ms to its first whole picture; `count` is how many saw one within 2 s. */
  readonly lateJoiner: Spread;
}

export async function glassToGlass(bed: VideoBed, flashes: number): Promise<GlassToGlass> {
  const sender = await bed.sender(room, 'ada', 'flash');
  const { call, video } = await bed.roomSystem(room, { picture: 'flash' });
  const browser = await Browser.join(bed.livekit, room, `sip_${call.number}`);
  try {
    await pause(settleMs);
    const device = new FrameLog(devicePayloadType);
    video.requestKeyFrame();
    video.onPacket = device.take;
    browser.look();
    const [fromCamera, fromDevice] = await Promise.all([watch(sender, flashes), watch(video, flashes)]);
    await pause(latestMs);
    video.onPacket = null;
    const lateJoiner = spread(await joinLate(bed, `sip_${call.number}`));
    return {
      flashes,
      webRtcToDevice: spread(delays(fromCamera, await device.pictures())),
      deviceToWebRtc: spread(delays(fromDevice, await browser.log.pictures())),
      lateJoiner,
    };
  } finally {
    await bed.callers.hangUp(call);
    await browser.close();
    await bed.dismiss(sender);
  }
}

/** How long each one waits; null: it saw nothing. */
async function joinLate(bed: VideoBed, identity: string): Promise<(number | null)[]> {
  const waited: (number | null)[] = [];
  for (let i = 0; i < lateJoiners; i++) {
    await pause(restMs);
    const sinceMs = performance.now();
    const browser = await Browser.join(bed.livekit, room, identity, true);
    await pause(2 * latestMs);
    waited.push(between(sinceMs, browser.log.frames.at(0)?.atMs ?? null));
    await browser.close();
  }
  return waited;
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
