import type { Channel } from '../../control/channel.ts';
import { MediaError, messageOf } from '../../errors.ts';
import type { Member, MemberFigures, MemberSpec, VoiceBack } from '../../ports.ts';
import { addFigures, noFigures } from '../../quality/figures.ts';
import { writeUint32 } from '../../rtp/packet.ts';
import { MemberPlay } from '../member-play.ts';
import type { EngineContract, EngineOwnerContract } from './protocol.ts';

export type EngineChannel = Channel<EngineOwnerContract, EngineContract>;

/** What is known has to do for those who can't wait. */
const figuresDeadlineMs = 1000;

export interface MemberHost {
  readonly send: (packet: Buffer) => void;
  /** Null while the engine process is away. */
  readonly channel: () => EngineChannel | null;
  readonly closed: () => void;
}

/** A member's state as the node wants it; `restore` brings it into any engine process. */
export class EmbeddedMember implements Member {
  readonly id: string;
  onPacket: ((packet: Buffer) => void) | null = null;
  onPublish: ((packet: Buffer, levelDbov: number) => void) | null = null;
  onLevel: ((levelDbov: number) => void) | null = null;
  readonly #spec: MemberSpec;
  readonly #ssrc: number;
  readonly #host: MemberHost;
  #room: string | null = null;
  #hears = false;
  #muted = false;
  #voiceBack: VoiceBack = 'nothing';
  #lossPercent: number | null = null;
  readonly #play = new MemberPlay();
  #nextPlay = 1;
  /** Measured by engine processes that died, and by the present one. */
  #figuresBefore = noFigures;
  #figures = noFigures;
  #closed = false;

  constructor(spec: MemberSpec, ssrc: number, host: MemberHost) {
    this.id = spec.id;
    this.#spec = spec;
    this.#ssrc = ssrc;
    this.#host = host;
  }

  write(packet: Buffer): void {
    if (packet.length < 12) return;
    writeUint32(packet, 8, this.#ssrc);
    this.#host.send(packet);
  }

  play(files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    if (this.#closed) return Promise.resolve('stopped');
    const over = this.#play.begin(this.#nextPlay++, files, loop);
    const channel = this.#host.channel();
    if (channel) this.#startPlay(channel);
    return over;
  }

  stopPlaying(): void {
    const { now } = this.#play;
    if (!now) return;
    this.#play.end(now.id, 'stopped');
    this.#host.channel()?.tell('stopPlaying', { ssrc: this.#ssrc });
  }

  join(room: string): void {
    this.#room = room;
    this.#host.channel()?.tell('join', { ssrc: this.#ssrc, room });
  }

  leave(): void {
    this.#room = null;
    this.#host.channel()?.tell('leave', { ssrc: this.#ssrc });
  }

  setHearsRoom(hears: boolean): void {
    if (hears === this.#hears) return;
    this.#hears = hears;
    this.#host.channel()?.tell('setHearsRoom', { ssrc: this.#ssrc, hears });
  }

  setVoiceBack(how: VoiceBack): void {
    if (how === this.#voiceBack) return;
    this.#voiceBack = how;
    this.#host.channel()?.tell('setVoiceBack', { ssrc: this.#ssrc, how });
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#host.channel()?.tell('setMuted', { ssrc: this.#ssrc, muted });
  }

  expectLoss(percent: number): void {
    // Only what Opus sends can be made proof against loss, and only for who can use it.
    if (percent === this.#lossPercent || this.#spec.opus?.inbandFec !== true) return;
    this.#lossPercent = percent;
    this.#host.channel()?.tell('expectLoss', { ssrc: this.#ssrc, percent });
  }

  async figures(): Promise<MemberFigures> {
    const channel = this.#host.channel();
    if (channel && !this.#closed) {
      try {
        const figures = await channel.call(
          'figures',
          { ssrc: this.#ssrc },
          { deadlineMs: figuresDeadlineMs },
        );
        if (figures && channel === this.#host.channel()) this.#figures = figures;
      } catch (error) {
        // A dying or busy engine: what it told last is what is known.
        if (!(error instanceof MediaError)) throw error;
      }
    }
    return addFigures(this.#figuresBefore, this.#figures);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onPacket = this.onPublish = this.onLevel = null;
    const { now } = this.#play;
    if (now) this.#play.end(now.id, 'stopped');
    this.#host.channel()?.tell('closeMember', { ssrc: this.#ssrc });
    this.#host.closed();
  }

  /** The engine says how a play ended. */
  played(play: number, how: 'finished' | 'stopped'): void {
    this.#play.end(play, how);
  }

  /** Opens the member in an engine process that doesn't know it. */
  restore(channel: EngineChannel): void {
    const ssrc = this.#ssrc;
    const { id: _, seat: _seat, alternatives, ...spec } = this.#spec;
    channel.tell('openMember', { ssrc, ...spec, ...(alternatives && { alternatives: [...alternatives] }) });
    if (this.#voiceBack !== 'nothing') channel.tell('setVoiceBack', { ssrc, how: this.#voiceBack });
    if (this.#lossPercent !== null) channel.tell('expectLoss', { ssrc, percent: this.#lossPercent });
    if (this.#muted) channel.tell('setMuted', { ssrc, muted: true });
    if (this.#hears) channel.tell('setHearsRoom', { ssrc, hears: true });
    if (this.#room !== null) channel.tell('join', { ssrc, room: this.#room });
    this.#startPlay(channel);
  }

  /** The process is gone: a prompt has ended with it, music goes on in the next one. */
  engineLost(): void {
    this.#figuresBefore = addFigures(this.#figuresBefore, { ...this.#figures, playoutDelayMs: null });
    this.#figures = noFigures;
    this.#play.lost();
  }

  #startPlay(channel: EngineChannel): void {
    const { now } = this.#play;
    if (!now) return;
    const { id, files, loop } = now;
    channel.call('play', { ssrc: this.#ssrc, play: id, files: [...files], loop }).catch((error: unknown) => {
      // A channel that closed is an engine that died: `engineLost` has decided.
      if (error instanceof MediaError && error.code === 'CONTROL_CLOSED') return;
      this.#play.fail(
        id,
        error instanceof MediaError ? error : new MediaError('INTERNAL', messageOf(error), error),
      );
    });
  }
}
