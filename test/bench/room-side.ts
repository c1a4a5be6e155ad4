/**
 * The room's side, a process of its own: WebRTC participants who speak (rtc-node), and hidden observers that
 * tell when a caller's track is announced.
 */
import { createLiveKitLinks } from '../../mcu/link/livekit-links.ts';
import { quietLog } from '../support/quiet-log.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import type { FromRoomSide, ToRoomSide } from './rooms.ts';
import { speakerHz } from './sounds.ts';

const links = createLiveKitLinks({ log: quietLog(), bindAddress: '127.0.0.1' });
const closers: (() => Promise<void>)[] = [];

function tell(message: FromRoomSide): void {
  process.send?.(message);
}

async function speak(url: string, token: string, listens: boolean): Promise<void> {
  const participant = await RtcParticipant.join(url, token, listens);
  closers.push(() => participant.close());
  await participant.publishTone(speakerHz);
}

async function observe(url: string, token: string): Promise<void> {
  const seen = new Set<string>();
  const link = await links.subscribe({
    access: () => Promise.resolve({ url, token }),
    onParticipants: () => undefined,
    onTracks: (tracks) => {
      const atMs = performance.timeOrigin + performance.now();
      for (const { participantIdentity: identity, sid } of tracks) {
        if (seen.has(sid)) continue;
        seen.add(sid);
        tell({ announced: identity, atMs });
      }
    },
    onPacket: () => undefined,
    onState: () => undefined,
    onEnd: () => undefined,
  });
  closers.push(() => link.close());
}

async function serve(message: ToRoomSide): Promise<void> {
  if (message === 'close') {
    await Promise.allSettled(closers.map((close) => close()));
    process.exit(0);
  }
  const { as, url, token } = message;
  await (as === 'observer' ? observe(url, token) : speak(url, token, as === 'speaker'));
  tell({ joined: token });
}

process.on('message', (message) => {
  serve(message as ToRoomSide).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
