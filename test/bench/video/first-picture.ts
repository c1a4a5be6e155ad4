/** How soon a room system sees the room: from INVITE to the first whole frame with the room's camera in it. */
import { setTimeout as pause } from 'node:timers/promises';
import { between, spread } from '../numbers.ts';
import type { Spread } from '../numbers.ts';
import { brightAbove, FrameLog } from './brightness.ts';
import { devicePayloadType } from './room-system.ts';
import type { VideoBed } from './video-bed.ts';

const room = 'bench-first';
/** A call's length. */
const lookMs = 1500;
/** The end of a call brings a request for a key frame, and LiveKit seems to pass a camera no other one for a second. */
const restMs = 1500;

export interface FirstPictures {
  readonly calls: number;
  /** ms since INVITE; `count` is how many saw it. */
  readonly answered: Spread;
  /** Whatever it shows. */
  readonly firstFrame: Spread;
  readonly room: Spread;
}

/** One call after the other into a room with a bright camera that no device looks at before: all is begun anew. */
export async function firstPictures(bed: VideoBed, calls: number): Promise<FirstPictures> {
  const sender = await bed.sender(room, 'ada', 'bright');
  const times: { answered: number | null; frame: number | null; room: number | null }[] = [];
  for (let i = 0; i < calls; i++) {
    const log = new FrameLog(devicePayloadType);
    const { call, video } = await bed.roomSystem(room, {
      prepare: (one) => {
        one.onPacket = log.take;
      },
    });
    await pause(lookMs);
    video.onPacket = null;
    await bed.callers.hangUp(call);
    const pictures = await log.pictures();
    const { inviteMs, answeredMs } = call.times;
    times.push({
      answered: between(inviteMs, answeredMs),
      frame: between(inviteMs, pictures.at(0)?.atMs ?? null),
      room: between(inviteMs, pictures.find(({ luma }) => luma > brightAbove)?.atMs ?? null),
    });
    await pause(restMs);
  }
  await bed.dismiss(sender);
  return {
    calls,
    answered: spread(times.map((one) => one.answered)),
    firstFrame: spread(times.map(({ frame }) => frame)),
    room: spread(times.map((one) => one.room)),
  };
}
