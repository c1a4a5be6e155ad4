/** Keys on their way out as telephone events (RFC 4733), each 20 ms one packet, or the voice. */

const keys = '0123456789*#ABCD';
/** Half a second of waiting. */
const wait = 'w';
/** A tick is 20 ms. ITU-T Q.24 wants 40 ms at least; slow machines, and voice mails, take 100 for sure. */
const toneTicks = 6;
/** §2.5.1.4: the last packet is sent three times. */
const ends = 3;
const pauseTicks = 4;
const waitTicks = 25;
/** Keys that wait; whoever types on is not heard. */
const mostWaiting = 64;
/** In dBm0 without its sign, as telephones send (§2.3.4). */
const volume = 10;

export const eventBytes = 4;

/** Writes events; it owns no packet and no clock. */
export class DigitSender {
  #waiting = '';
  /** Null: a pause, or nothing to send. */
  #event: number | null = null;
  /** Of the event or the pause. */
  #tick = 0;
  #pauseTicks = 0;

  /** Appends keys, among them `w`. */
  press(text: string): void {
    this.#waiting = (this.#waiting + text).slice(0, mostWaiting);
  }

  /**
   * One tick: writes the event's payload at `at`. False: the voice goes instead.
   * @param tickUnits RTP clock units of a tick
   */
  write(packet: Buffer, at: number, tickUnits: number): boolean {
    if (this.#event === null && !this.#next()) return false;
    const event = this.#event;
    if (event === null) return false;
    this.#tick++;
    packet[at] = event;
    packet[at + 1] = this.#tick >= toneTicks ? 0x80 | volume : volume;
    packet.writeUInt16BE(Math.min(this.#tick, toneTicks) * tickUnits, at + 2);
    if (this.#tick === toneTicks + ends - 1) {
      this.#event = null;
      this.#pauseTicks = pauseTicks;
    }
    return true;
  }

  /** Whether what was just written is an event's first packet. */
  get isFirst(): boolean {
    return this.#tick === 1;
  }

  /** False: the voice has this tick. */
  #next(): boolean {
    if (this.#pauseTicks > 0) {
      this.#pauseTicks--;
      return false;
    }
    if (this.#waiting === '') return false;
    const key = this.#waiting[0];
    this.#waiting = this.#waiting.slice(1);
    if (key === wait) {
      this.#pauseTicks = waitTicks - 1;
      return false;
    }
    this.#event = keys.indexOf(key);
    this.#tick = 0;
    if (this.#event < 0) this.#event = null;
    return this.#event !== null;
  }
}
