import { expect } from 'vitest';
import { makeIdentity } from '../../mcu/dtls/identity.ts';
import type { SeatInRoom } from '../../mcu/leg-camera.ts';
import { LegVideo } from '../../mcu/leg-video.ts';
import type { LegMediaConfig, LegVideoConfig, VideoCodec } from '../../mcu/ports.ts';
import { DeviceClock } from '../../mcu/rtp/capture-clock.ts';
import { FakePictures } from '../fakes/pictures.ts';
import { deadPorts } from './dead-socket.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { videoConfig } from './video-peer.ts';

const identity = makeIdentity();
export const devicePort = 5004;

export function withVideo(video: LegVideoConfig): LegMediaConfig {
  const audio = { codec: 'PCMU', payloadType: 0, dtmfPayloadTypes: [], ptimeMs: 20 } as const;
  return { ...audio, remote: video.remote, direction: video.direction, video };
}

/** A leg's video between sockets that go nowhere and an engine that draws nothing; its caller sees and is in `room`. */
export function makeVideoLeg(changes: Partial<LegVideoConfig> = {}, codecs?: readonly VideoCodec[]) {
  const { rtp, rtcp, pair } = deadPorts();
  const pictures = new FakePictures();
  if (codecs) pictures.codecs = codecs;
  const lines: LogLine[] = [];
  const told = { asked: 0, room: 0, watching: false, limited: [] as boolean[] };
  const leg = new LegVideo(pair, {
    ...{
      id: 'leg',
      pictures,
      identity,
      iceMode: 'full',
      cname: 'fuzz',
      clock: new DeviceClock().stream(),
      log: quietLog(lines),
    },
    maxPictureHeight: 1080,
    now: () => performance.now(),
    wallNow: () => 1_700_000_000_000 + performance.now(),
    events: {
      peer: () => undefined,
      path: () => undefined,
      srtp: () => undefined,
      keyFrameWanted: () => told.asked++,
      mutedByHost: () => undefined,
      limited: (limited) => told.limited.push(limited),
    },
  });
  const seat = {
    identity: 'sip_leg',
    room: {
      name: 'room',
      pictures: {
        setOwnCamera: () => undefined,
        setWatching: (_leg: string, watching: boolean) => (told.watching = watching),
      },
    },
    link: {
      publishVideo: () =>
        Promise.resolve({
          write: (packet: Buffer) => {
            // Whoever takes video relies on a plain header and a payload.
            expect(packet[0]).toBe(0x80);
            expect(packet.length).toBeGreaterThan(12);
            told.room++;
          },
          setMuted: () => undefined,
          setSize: () => undefined,
          close: () => Promise.resolve(),
        }),
    },
  } as unknown as SeatInRoom;
  leg.configure(withVideo(videoConfig(changes)));
  leg.setSeesRoom(true);
  leg.enter(seat);
  return { leg, rtp, rtcp, pictures, told, lines, seat };
}
