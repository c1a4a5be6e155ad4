import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createLiveKitLinks } from '../../../mcu/link/livekit-links.ts';
import { PAYLOAD_TYPES } from '../../../mcu/link/rtp.ts';
import type { LiveKit } from '../../support/livekit.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { FrameLog } from './brightness.ts';

const joinDeadlineMs = 10_000;

/** Somebody in the room who looks at one participant's camera, packets in, as a browser would. */
export class Browser {
  log = new FrameLog(PAYLOAD_TYPES.H264);
  #looks = false;
  #trackSid = '';
  #close: () => Promise<void> = () => Promise.resolve();
  #requestKeyFrame: () => void = () => undefined;

  /** `looks`: from the first packet on; else from `look` on. */
  static async join(livekit: LiveKit, room: string, identity: string, looks = false): Promise<Browser> {
    const browser = new Browser();
    browser.#looks = looks;
    const links = createLiveKitLinks({ log: quietLog(), bindAddress: '127.0.0.1' });
    const grants = { hidden: true, canPublish: false };
    const link = await links.subscribe({
      access: async () => ({
        url: livekit.url,
        token: await livekit.token(`observer-${randomUUID()}`, room, { grants }),
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
    const deadline = AbortSignal.timeout(joinDeadlineMs);
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
