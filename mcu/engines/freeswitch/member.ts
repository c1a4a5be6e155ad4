import { crossG711, levelOfG711 } from '../../codecs/g711.ts';
import type { G711 } from '../../codecs/g711.ts';
import { MediaError } from '../../errors.ts';
import type { AudioCodec, Log, Member, MemberFigures, MemberSpec, VoiceBack } from '../../ports.ts';
import { noFigures } from '../../quality/figures.ts';
import { newRtpView, parseRtp } from '../../rtp/packet.ts';
import { MemberPlay } from '../member-play.ts';
import type { Endpoint } from './endpoint.ts';
import type { Mixer } from './mixer.ts';
import type { Seat, SeatMember } from './seat.ts';
import type { MemberWish } from './seat-wishes.ts';
import { Transcoder } from './transcoder.ts';

const silentDbov = 127;
const largestPacket = 1500;

export interface MemberHost {
  readonly mixer: Mixer;
  readonly log: Log;
  readonly closed: () => void;
}

/** A member's state as the node wants it; its seat brings it into any endpoint. */
export class FreeSwitchMember implements Member, SeatMember {
  readonly id: string;
  onPacket: ((packet: Buffer) => void) | null = null;
  onPublish: ((packet: Buffer, levelDbov: number) => void) | null = null;
  onLevel: ((levelDbov: number) => void) | null = null;
  readonly #spec: MemberSpec;
  readonly #seat: Seat;
  readonly #host: MemberHost;
  readonly #law: G711 | null;
  readonly #otherLaw: number | null;
  readonly #scratch: Buffer;
  readonly #view = newRtpView();
  #room: string | null = null;
  #hears = false;
  #muted = false;
  #transcoder: Transcoder | null = null;
  #levelDbov = silentDbov;
  readonly #play = new MemberPlay();
  #toldForeign = false;
  #closed = false;

  constructor(spec: MemberSpec, seat: Seat, host: MemberHost) {
    this.id = spec.id;
    this.#spec = spec;
    this.#seat = seat;
    this.#host = host;
    this.#law = lawOf(spec.codec);
    this.#otherLaw = otherLawOf(spec);
    this.#scratch = Buffer.alloc(this.#otherLaw === null ? 0 : largestPacket);
    seat.sitDown({ member: this });
    if (seat.endpoint) this.onUp(seat.endpoint);
  }

  get wish(): MemberWish {
    return { spec: this.#spec, room: this.#room, hears: this.#hears, muted: this.#muted };
  }

  /** Another endpoint would begin a prompt anew; music may. */
  get isPrompted(): boolean {
    return this.#play.now?.loop === false;
  }

  write(packet: Buffer): void {
    const view = this.#view;
    if (this.#closed || !parseRtp(packet, view)) return;
    const own = view.payloadType === this.#spec.payloadType ? packet : this.#crossed(packet);
    if (!own) {
      this.#tellForeign(view.payloadType);
      return;
    }
    if (this.#law) this.#levelDbov = levelOfG711(this.#law, own, view.payloadStart, view.payloadEnd);
    this.#transcoder?.write(own);
    if (this.#speaksThere) this.#seat.endpoint?.sendAudio(own);
  }

  play(files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    if (this.#closed) return Promise.resolve('stopped');
    const over = this.#play.begin(this.#host.mixer.newPlay(), files, loop);
    if (this.#speaksThere) this.#startPlay();
    return over;
  }

  stopPlaying(): void {
    const { now } = this.#play;
    if (!now) return;
    this.#play.end(now.id, 'stopped');
    this.#promptOver();
    if (this.#speaksThere) this.#seat.endpoint?.stop(now.id);
  }

  join(room: string): void {
    this.#room = room;
    this.#seat.changed();
  }

  leave(): void {
    this.#room = null;
    this.#seat.changed();
  }

  setHearsRoom(hears: boolean): void {
    this.#hears = hears;
    this.#seat.changed();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#seat.changed();
  }

  setVoiceBack(how: VoiceBack): void {
    const { codec, payloadType, seat } = this.#spec;
    const to = how === 'nothing' || how === 'level' || how === codec ? null : how;
    if (to === (this.#transcoder?.to ?? null)) return;
    this.#transcoder?.close();
    this.#transcoder =
      to &&
      new Transcoder(
        { mixer: this.#host.mixer, log: this.#host.log, seat },
        { codec, payloadType },
        to,
        (packet) => this.onPublish?.(packet, this.#levelDbov),
      );
  }

  /** FreeSWITCH takes no wish for its Opus once it sends. */
  expectLoss(): void {
    return;
  }

  /** FreeSWITCH tells nothing of what it made of the packets. */
  figures(): Promise<MemberFigures> {
    return Promise.resolve(noFigures);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onPacket = this.onPublish = this.onLevel = null;
    this.stopPlaying();
    this.#transcoder?.close();
    this.#seat.standUp(this);
    this.#host.closed();
  }

  onUp(endpoint: Endpoint): void {
    if (speaks(endpoint, this.#spec)) this.#startPlay();
  }

  /** A prompt has ended with the endpoint, music goes on in the next one. */
  onDown(): void {
    if (this.#law === null) this.#levelIs(silentDbov);
    if (this.#play.lost()) this.#promptOver();
  }

  onAudio(packet: Buffer): void {
    if (this.#speaksThere) this.onPacket?.(packet);
  }

  onPlayed(id: number, how: 'finished' | 'stopped' | 'failed'): void {
    const over = how === 'failed' ? this.#play.fail(id, this.#unreadable()) : this.#play.end(id, how);
    if (over) this.#promptOver();
  }

  /** What FreeSWITCH decodes, only FreeSWITCH hears. */
  onTalking(levelDbov: number | null): void {
    if (this.#law === null) this.#levelIs(levelDbov ?? silentDbov);
  }

  get #speaksThere(): boolean {
    const { endpoint } = this.#seat;
    return endpoint !== null && speaks(endpoint, this.#spec);
  }

  #levelIs(levelDbov: number): void {
    if (levelDbov === this.#levelDbov) return;
    this.#levelDbov = levelDbov;
    this.onLevel?.(levelDbov);
  }

  #startPlay(): void {
    const { now } = this.#play;
    if (now) this.#seat.endpoint?.play(now.id, now.files, now.loop);
  }

  /** What had to wait for its end. */
  #promptOver(): void {
    this.#seat.changed();
  }

  #unreadable(): MediaError {
    const files = this.#play.now?.files.join(', ') ?? 'a prompt';
    return new MediaError('PROMPT_UNREADABLE', `FreeSWITCH can not play ${files}.`);
  }

  /** In the endpoint's law what came in the other one; the packet itself is still to go into the room. */
  #crossed(packet: Buffer): Buffer | null {
    const { payloadType, payloadStart, payloadEnd } = this.#view;
    if (!this.#law || payloadType !== this.#otherLaw || packet.length > largestPacket) return null;
    const crossed = this.#scratch.subarray(0, packet.length);
    packet.copy(crossed);
    crossG711(this.#law === 'PCMU' ? 'PCMA' : 'PCMU', crossed, payloadStart, payloadEnd);
    crossed[1] = (crossed[1] & 0x80) | this.#spec.payloadType;
    return crossed;
  }

  /** An endpoint has one codec. */
  #tellForeign(payloadType: number): void {
    if (this.#toldForeign) return;
    this.#toldForeign = true;
    const facts = { member: this.id, codec: this.#spec.codec, payloadType };
    this.#host.log.warn(facts, 'FreeSWITCH takes no second codec of a call: what comes in it is not heard');
  }
}

function speaks({ wish: { audio } }: Endpoint, { codec, payloadType }: MemberSpec): boolean {
  return audio.codec === codec && audio.payloadType === payloadType;
}

function lawOf(codec: AudioCodec): G711 | null {
  return codec === 'PCMU' || codec === 'PCMA' ? codec : null;
}

/** Payload type of the other law, where the device may send that too. */
function otherLawOf({ codec, alternatives = [] }: MemberSpec): number | null {
  const other = alternatives.find((format) => lawOf(format.codec) !== null && format.codec !== codec);
  return lawOf(codec) === null ? null : (other?.payloadType ?? null);
}
