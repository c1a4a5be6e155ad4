import { WireReader, uint16, uint24, uint8 } from './wire.ts';

/** RFC 6347 §4.2.2. */
export const handshakeHeaderBytes = 12;
/** How far a message may be ahead of the one that is waited for: a flight has five. */
const mostAhead = 8;
/** Longer than any certificate chain in use; a fragment that asks for more is dropped. */
const longestMessage = 16_384;
/** Of all messages that wait for others. */
const mostBuffered = 40_000;

export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** A message or a part of it. */
export interface HandshakeFragment extends HandshakeMessage {
  /** Of the whole message. */
  readonly length: number;
  readonly offset: number;
}

/** The fragments in a record; throws decode_error. */
export function readFragments(content: Buffer): HandshakeFragment[] {
  const reader = new WireReader(content);
  const fragments: HandshakeFragment[] = [];
  while (reader.left > 0) {
    const type = reader.uint8();
    const length = reader.uint24();
    const sequence = reader.uint16();
    const offset = reader.uint24();
    fragments.push({ type, length, sequence, offset, body: reader.vector(3) });
  }
  return fragments;
}

/** The message as one fragment: so it is signed and hashed (RFC 6347 §4.2.6). */
export function wholeMessage({ type, sequence, body }: HandshakeMessage): Buffer {
  const length = uint24(body.length);
  return Buffer.concat([uint8(type), length, uint16(sequence), uint24(0), length, body]);
}

/** One fragment of a message. */
export function fragmentOf({ type, sequence, body }: HandshakeMessage, from: number, to: number): Buffer {
  return Buffer.concat([
    uint8(type),
    uint24(body.length),
    uint16(sequence),
    uint24(from),
    uint24(to - from),
    body.subarray(from, to),
  ]);
}

interface Partial {
  readonly type: number;
  readonly body: Buffer;
  /** By octet: it is there. */
  readonly filled: Uint8Array;
  missing: number;
}

/** Puts a peer's messages together again and in order, within bounds that a peer can't move. */
export class Reassembly {
  readonly #parts = new Map<number, Partial>();
  #next = 0;
  #buffered = 0;

  /** The sequence number that is waited for. */
  get next(): number {
    return this.#next;
  }

  /** What came before doesn't count: the server keeps nothing of a hello without a cookie (RFC 6347 §4.2.1). */
  startAt(sequence: number): void {
    this.#parts.clear();
    this.#buffered = 0;
    this.#next = sequence;
  }

  /** Whether the fragment is of the message that is waited for, and not at odds with what came of that before. */
  expects({ type, sequence, length }: HandshakeFragment): boolean {
    const part = this.#parts.get(sequence);
    return sequence === this.#next && (!part || (part.type === type && part.body.length === length));
  }

  /** False: dropped, as it is old, too far ahead, too long, or at odds with what came before. */
  add({ type, sequence, length, offset, body }: HandshakeFragment): boolean {
    if (sequence < this.#next || sequence >= this.#next + mostAhead) return false;
    if (length > longestMessage || offset + body.length > length) return false;
    let part = this.#parts.get(sequence);
    if (!part) {
      if (this.#buffered + length > mostBuffered) return false;
      part = { type, body: Buffer.alloc(length), filled: new Uint8Array(length), missing: length };
      this.#buffered += length;
      this.#parts.set(sequence, part);
    }
    if (part.type !== type || part.body.length !== length) return false;
    for (let index = 0; index < body.length; index++) {
      if (part.filled[offset + index] === 1) continue;
      part.filled[offset + index] = 1;
      part.body[offset + index] = body[index];
      part.missing--;
    }
    return true;
  }

  /** The next message when it is whole. */
  take(): HandshakeMessage | null {
    const part = this.#parts.get(this.#next);
    if (!part || part.missing > 0) return null;
    const sequence = this.#next++;
    this.#parts.delete(sequence);
    this.#buffered -= part.body.length;
    return { type: part.type, sequence, body: part.body };
  }
}
