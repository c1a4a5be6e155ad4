/**
 * drachtio's admin framing: `length "#" payload`, the length in decimal digits and counting bytes. Frames follow
 * each other without a separator and may be split anywhere.
 */
const hash = 0x23;
const zero = 0x30;
const nine = 0x39;
/** An app's frame has at most five digits: 99,999 bytes. drachtio-server closes on a sixth, and so do we. */
const maxDigits = 5;

/** The bytes are no frames; drachtio-server's answer is to close without a word. */
export class FrameError extends Error {
  readonly code = 'ADMIN_FRAME';

  constructor(message: string) {
    super(message);
    this.name = 'FrameError';
  }
}

/** Cuts a byte stream into payloads. */
export class FrameReader {
  readonly #onFrame: (payload: Buffer) => void;
  #digits = 0;
  #length = 0;
  #inPayload = false;
  /** Parts of a payload that is not yet whole; joined once, when it is. */
  #parts: Buffer[] = [];
  #have = 0;

  constructor(onFrame: (payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws `FrameError`; the stream is of no use after that. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#inPayload ? this.#takePayload(chunk, at) : this.#takeLength(chunk, at);
    }
  }

  #takeLength(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const byte = chunk[at++];
      if (byte === hash) {
        if (this.#length === 0) throw new FrameError('a frame has no length');
        this.#inPayload = true;
        return at;
      }
      if (byte < zero || byte > nine || ++this.#digits > maxDigits) {
        throw new FrameError('a frame does not begin with up to five digits');
      }
      this.#length = this.#length * 10 + (byte - zero);
    }
    return at;
  }

  #takePayload(chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + this.#length - this.#have);
    const part = chunk.subarray(from, end);
    this.#have += part.length;
    if (this.#have < this.#length) {
      this.#parts.push(part);
      return end;
    }
    const payload = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part], this.#length);
    this.#parts = [];
    this.#have = 0;
    this.#length = 0;
    this.#digits = 0;
    this.#inPayload = false;
    this.#onFrame(payload);
    return end;
  }
}

const crlf = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);

/** One frame: the meta line and, after a CRLF, the SIP message when there is one. */
export function frame(meta: string, message?: Buffer): Buffer {
  const tail = message ? Buffer.concat([crlf, message]) : nothing;
  const length = Buffer.byteLength(meta) + tail.length;
  return Buffer.concat([Buffer.from(`${length}#${meta}`), tail]);
}
