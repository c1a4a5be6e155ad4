/** The SIP messages of a call as the phone itself saw them: from baresip's own trace, nothing on the wire is touched. */

export interface LadderMessage {
  /** When the trace said so, ms of `performance.now()`. */
  readonly atMs: number;
  /** Who sent it. */
  readonly from: 'phone' | 'gateway';
  /** Request or status line without the protocol's name: `INVITE`, `180 Ringing`. */
  readonly title: string;
  /** Number and method that the message belongs to, `62249 INVITE`. */
  readonly cseq: string;
  readonly text: string;
}

/** As `baresip -s` prints: colour, a hash, transport and addresses, a line end, the message, colour off. */
const BEGIN = '\u001b[36;1m#\n';
const END = '\u001b[;m';

export class SipTrace {
  readonly messages: LadderMessage[] = [];
  readonly #phone: string;
  #open = '';
  #openSinceMs = 0;

  /** `phone`: the phone's own SIP address, `127.0.0.1:5070`. */
  constructor(phone: string) {
    this.#phone = phone;
  }

  /** Takes what the phone printed, in pieces of any size. */
  feed(text: string, atMs: number): void {
    if (!this.#open.startsWith(BEGIN)) this.#openSinceMs = atMs;
    this.#open += text;
    for (;;) {
      const begin = this.#open.indexOf(BEGIN);
      // The mark itself may come in two pieces.
      this.#open = begin < 0 ? this.#open.slice(-BEGIN.length) : this.#open.slice(begin);
      const end = this.#open.indexOf(END);
      if (begin < 0 || end < 0) return;
      this.#keep(this.#open.slice(BEGIN.length, end));
      this.#open = this.#open.slice(end + END.length);
      this.#openSinceMs = atMs;
    }
  }

  #keep(printed: string): void {
    const [addresses] = printed.split('\n', 1);
    const text = printed.slice(addresses.length + 1).trimEnd();
    const [first] = text.split('\r\n', 1);
    this.messages.push({
      atMs: this.#openSinceMs,
      from: addresses.split(' ')[1] === this.#phone ? 'phone' : 'gateway',
      title: first.startsWith('SIP/2.0 ') ? first.slice(8) : first.split(' ', 1)[0],
      cseq: /^CSeq:\s*(.+)$/im.exec(text)?.[1].trim() ?? '',
      text,
    });
  }
}
