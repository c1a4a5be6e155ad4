/** What a node wants of its picture process, with a process that only remembers what it is told. */
import { vi } from 'vitest';
import type { PictureChannel } from '../../../../../mcu/engines/embedded/pictures/camera.ts';
import { PictureState } from '../../../../../mcu/engines/embedded/pictures/picture-state.ts';
import type { Camera, FeedProfile, Viewer } from '../../../../../mcu/ports.ts';
import { newRtpPacket } from '../../../../../mcu/rtp/packet.ts';
import { quietLog } from '../../../../support/quiet-log.ts';
import type { LogLine } from '../../../../support/quiet-log.ts';

interface Told {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a picture process would be told. */
export class FakeChannel {
  told: Told[] = [];
  tell(name: string, params: Told['params']): void {
    this.told.push({ name, params });
  }
  call(name: string): Promise<unknown> {
    return Promise.resolve(
      name === 'feedFigures'
        ? { framesSent: 5, keyFrames: 1, fps: 30, bitrate: 1 }
        : { frames: 7, keyFrames: 2, packetsLost: 0, malformed: 0, broken: 1, dropped: 0 },
    );
  }
  of(name: string): Told['params'][] {
    return this.told.filter((one) => one.name === name).map(({ params }) => params);
  }
  get channel(): PictureChannel {
    return this as unknown as PictureChannel;
  }
}

export const hd: FeedProfile = {
  codec: 'H264',
  h264Profile: 'constrained-baseline',
  packetizationMode: 1,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 1_500_000,
};

/** Under fake timers. */
export class StateUnderTest {
  readonly sent: Buffer[] = [];
  readonly lines: LogLine[] = [];
  readonly state = new PictureState({ send: (packet) => this.sent.push(packet), log: quietLog(this.lines) });
  readonly cameras = new Map<string, Camera>();
  process = new FakeChannel();

  constructor() {
    this.state.attach(this.process.channel);
  }

  /** Another process comes. */
  renew(): void {
    this.process = new FakeChannel();
    this.state.attach(this.process.channel);
  }

  settle(): void {
    vi.advanceTimersByTime(1);
  }

  /** Room r, of these people; each has a camera of its name. */
  people(...names: string[]): void {
    for (const name of names) {
      if (this.cameras.has(name)) continue;
      const formats = [{ codec: 'VP8', payloadType: 96 }] as const;
      const camera = this.state.openCamera({
        id: name,
        seat: name,
        room: 'r',
        identity: name,
        kind: 'camera',
        formats,
      });
      this.cameras.set(name, camera);
    }
    const shown = names.map((name) => ({ identity: name, name, muted: false, cameraOff: false }));
    this.state.setRoom('r', { people: shown, speakers: [] });
    this.settle();
  }

  viewer(identity: string | null, profile = hd): Viewer & { got: [string, boolean][] } {
    const one = this.state.openViewer({ id: `of ${identity}`, seat: 'viewer', profile });
    one.watch('r', identity);
    this.settle();
    const got: [string, boolean][] = [];
    one.onPacket = (packet, keyFrame) => got.push([packet.toString('latin1', 12), keyFrame]);
    return Object.assign(one, { got });
  }

  /** A packet of a feed comes back from the process. */
  packet(feed: unknown, text: string, { keyFrame = false, marker = true } = {}): void {
    const made = newRtpPacket(text.length, (keyFrame ? 1 : 0) | (marker ? 0x80 : 0), feed as number);
    made.write(text, 12, 'latin1');
    this.state.receive(made);
  }
}
