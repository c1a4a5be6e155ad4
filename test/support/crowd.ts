import { Encoder } from '@evan/opus';
import { Mixing } from '../../mcu/engines/embedded/mixing.ts';
import { untouchedSound } from '../../mcu/sound.ts';
import { newRtpPacket, rewriteRtp } from '../../mcu/rtp/packet.ts';
import { tone } from './audio.ts';

const leg = 1;

/** A room of one telephone and of people in browsers who all send Opus, on a clock that is only counted. */
export class Crowd {
  readonly #mixing: Mixing;
  readonly #people: readonly number[];
  readonly #payload: Buffer;
  #index = 0;
  /** The telephone's packets. */
  heard: Buffer[] = [];

  constructor(people: number, loudest: number) {
    this.#mixing = new Mixing(
      { onPacket: (packet) => this.heard.push(Buffer.from(packet.subarray(12))), onPlayed: () => undefined },
      { ...untouchedSound, loudest },
    );
    this.#people = Array.from({ length: people }, (_, i) => leg + 1 + i);
    this.#mixing.open({ ssrc: leg, codec: 'PCMU', payloadType: 0, role: 'leg' });
    for (const ssrc of this.#people)
      this.#mixing.open({ ssrc, codec: 'opus', payloadType: 111, role: 'participant' });
    for (const ssrc of [leg, ...this.#people]) this.#mixing.join(ssrc, 'crowd');
    const telephone = this.#mixing.member(leg);
    if (telephone) telephone.hearsRoom = true;
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    this.#payload = Buffer.from(encoder.encode(tone(440, 4000, 960, 0, 48_000)));
  }

  /** 20 ms in which everybody talks; returns how many were decoded. */
  tick(): number {
    const index = this.#index++;
    for (const ssrc of this.#people) {
      const packet = newRtpPacket(this.#payload.length, 111, ssrc);
      this.#payload.copy(packet, 12);
      rewriteRtp(packet, 111, false, index & 0xffff, index * 960);
      this.#mixing.write(packet, index * 20);
    }
    this.#mixing.tick(index * 20 + 10);
    return this.#people.filter((ssrc) => this.#mixing.member(ssrc)?.speaks === true).length;
  }
}
