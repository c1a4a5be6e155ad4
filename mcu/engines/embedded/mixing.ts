import { randomInt } from 'node:crypto';
import type { RateHz } from '../../codecs/resampler.ts';
import type { Player } from '../../prompts/player.ts';
import { newRtpView, parseRtp } from '../../rtp/packet.ts';
import { untouchedSound } from '../../sound.ts';
import type { SoundOptions } from '../../sound.ts';
import { MixMember } from './mix-member.ts';
import type { MixMemberSpec } from './mix-member.ts';
import { MixRoom } from './mix-room.ts';
import { frameMs } from './pacer.ts';

export interface MixingEvents {
  /** A private RTP packet for the node; read before the call returns. */
  readonly onPacket: (packet: Buffer) => void;
  readonly onPlayed: (ssrc: number, play: number, how: 'finished' | 'stopped') => void;
}

/** All rooms and members of an engine; knows neither sockets nor time. */
export class Mixing {
  readonly #events: MixingEvents;
  readonly #sound: SoundOptions;
  readonly #members = new Map<number, MixMember>();
  readonly #rooms = new Map<string, MixRoom>();
  readonly #view = newRtpView();
  readonly #onFinished: (member: MixMember, player: Player) => void;
  /** Begins anywhere, so that a restarted engine's timestamps are seen to be others. */
  #tick = randomInt(0x4000_0000);
  /** When the next tick is due; tells the time of packets that come without one. */
  #dueMs = 0;
  /** Packets that were no RTP or nobody's. */
  dropped = 0;

  constructor(events: MixingEvents, sound: SoundOptions = untouchedSound) {
    this.#sound = sound;
    this.#events = events;
    this.#onFinished = (member, player) => events.onPlayed(member.spec.ssrc, player.id, 'finished');
  }

  get memberCount(): number {
    return this.#members.size;
  }

  open(spec: MixMemberSpec): void {
    this.close(spec.ssrc);
    this.#members.set(spec.ssrc, new MixMember(spec, this.#sound));
  }

  close(ssrc: number): void {
    this.stop(ssrc);
    this.leave(ssrc);
    this.#members.get(ssrc)?.close();
    this.#members.delete(ssrc);
  }

  member(ssrc: number): MixMember | undefined {
    return this.#members.get(ssrc);
  }

  join(ssrc: number, room: string): void {
    const member = this.#members.get(ssrc);
    if (!member) return;
    this.leave(ssrc);
    let mix = this.#rooms.get(room);
    if (!mix) this.#rooms.set(room, (mix = new MixRoom(this.#sound.loudest)));
    mix.members.add(member);
    member.room = mix;
  }

  leave(ssrc: number): void {
    const member = this.#members.get(ssrc);
    const room = member?.room;
    if (!member || !room) return;
    room.members.delete(member);
    member.listening = true;
    member.room = null;
    if (room.members.size > 0) return;
    for (const [name, mix] of this.#rooms) if (mix === room) this.#rooms.delete(name);
  }

  /** A play was asked for; whatever is still being read for the member is out of date. */
  expect(ssrc: number, play: number): void {
    const member = this.#members.get(ssrc);
    if (member) member.wantedPlay = play;
  }

  /** The rate that a member's prompts have to have; null: there is no such listener. */
  hearsAtHz(ssrc: number): RateHz | null {
    return this.#members.get(ssrc)?.hearsAtHz ?? null;
  }

  /** A new player replaces the last, which then was stopped. */
  play(ssrc: number, player: Player): void {
    const member = this.#members.get(ssrc);
    if (member?.wantedPlay !== player.id) {
      this.#events.onPlayed(ssrc, player.id, 'stopped');
      return;
    }
    const last = member.play(player);
    if (last) this.#events.onPlayed(ssrc, last.id, 'stopped');
  }

  stop(ssrc: number): void {
    const member = this.#members.get(ssrc);
    if (!member) return;
    member.wantedPlay = 0;
    const last = member.play(null);
    if (last) this.#events.onPlayed(ssrc, last.id, 'stopped');
  }

  /** The player's sounds are at `roomSoundRateHz`. */
  playToRoom(room: string, player: Player): void {
    this.#rooms.get(room)?.playSound(player);
  }

  /** One private RTP packet from the node; the buffer is kept. `arrivalMs` is on the clock of the ticks. */
  write(packet: Buffer, arrivalMs = this.#dueMs): void {
    const view = this.#view;
    const member = parseRtp(packet, view) ? this.#members.get(view.ssrc) : undefined;
    if (member) member.write(packet, view, arrivalMs);
    else this.dropped++;
  }

  /** 20 ms of everything, due at a time of the beat (not when the beat really came). */
  tick(dueMs = this.#dueMs): void {
    this.#dueMs = dueMs + frameMs;
    const tick = this.#tick++;
    for (const room of this.#rooms.values()) room.listen();
    for (const member of this.#members.values()) member.pull(dueMs);
    for (const room of this.#rooms.values()) room.begin(tick);
    for (const member of this.#members.values()) {
      const heard = member.heard(tick, this.#onFinished);
      if (heard) this.#events.onPacket(heard);
      const published = member.published(tick);
      if (published) this.#events.onPacket(published);
    }
  }
}
