import { SipParseError } from '../message/errors.ts';
import { findHeadEnd, parseHead } from '../message/parse.ts';
import type { Head } from '../message/parse.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';

export interface FramerEvents {
  onMessage(message: SipMessage): void;
  /** A message with a fault whose end is known: what follows it is read on. */
  onInvalid(error: SipParseError): void;
  /** RFC 5626 §3.5.1: a double CRLF between messages; wants one CRLF back. */
  onPing(): void;
  /** Where the next message starts can't be known any more (RFC 3261 §18.3): answer if you can, then close. */
  onLost(error: SipParseError): void;
}

const CR = 0x0d;
const LF = 0x0a;

/** What a connection that rests keeps: most messages fit, and thousands of connections do too. */
const smallBuffer = 2_048;

/**
 * Cuts a TCP stream into messages by Content-Length, however the stream was cut into segments. Each byte is looked
 * at a bounded number of times, and no more is kept than one message and one segment.
 */
export class StreamFramer {
  readonly #limits: MessageLimits;
  readonly #events: FramerEvents;
  /** Bytes `#start` to `#end` of this are not yet used up. */
  #buffer = Buffer.alloc(smallBuffer);
  #start = 0;
  #end = 0;
  /** Up to here no end of the head was found. */
  #scanned = 0;
  #lineFeeds = 0;
  #head: Head | undefined;
  #lost = false;

  constructor(limits: MessageLimits, events: FramerEvents) {
    this.#limits = limits;
    this.#events = events;
  }

  /** A message has begun and not ended. */
  get inMessage(): boolean {
    return !this.#lost && (this.#head !== undefined || this.#end > this.#start);
  }

  push(chunk: Buffer): void {
    if (this.#lost) return;
    this.#keep(chunk);
    let moved = true;
    while (moved) moved = this.#step();
    if (!this.inMessage) this.#rest();
  }

  /** One step on; false: more bytes are needed, or nothing more will be read. */
  #step(): boolean {
    if (this.#lost) return false;
    if (this.#head !== undefined) return this.#finishBody(this.#head);
    this.#skipKeepAlives();
    if (this.#start === this.#end) return false;
    const head = this.#readHead();
    if (head === undefined) return false;
    if (head.contentLength === undefined) {
      // RFC 3261 §18.3, §20.14: over a stream Content-Length is a must.
      this.#lose(head.fault ?? this.#fault(head, 'SIP_CONTENT_LENGTH', 'no Content-Length on a stream', 400));
    } else if (head.contentLength > this.#limits.maxMessageBytes) {
      this.#lose(this.#fault(head, 'SIP_TOO_LARGE', 'a message too large', 513));
    } else {
      this.#head = head;
    }
    return true;
  }

  #skipKeepAlives(): void {
    while (this.#start < this.#end) {
      const byte = this.#buffer[this.#start];
      if (byte === LF) this.#lineFeeds += 1;
      else if (byte !== CR) {
        this.#lineFeeds = 0;
        return;
      }
      this.#start += 1;
      if (this.#lineFeeds === 2) {
        this.#lineFeeds = 0;
        this.#events.onPing();
      }
    }
  }

  #readHead(): Head | undefined {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    const length = findHeadEnd(bytes, this.#scanned);
    if (length === undefined) {
      // The two line ends may be cut anywhere: at most three bytes belong to the next search.
      this.#scanned = Math.max(bytes.length - 3, 0);
      if (bytes.length > this.#limits.maxMessageBytes) {
        const head = parseHead(bytes, this.#limits);
        this.#lose(this.#fault(head, 'SIP_TOO_LARGE', 'a message head too large', 513));
      }
      return undefined;
    }
    const head = parseHead(bytes.subarray(0, length), this.#limits);
    this.#start += length;
    this.#scanned = 0;
    return head;
  }

  #finishBody(head: Head): boolean {
    const length = head.contentLength ?? 0;
    if (this.#end - this.#start < length) return false;
    // A copy: the buffer is used again.
    const body = Buffer.from(this.#buffer.subarray(this.#start, this.#start + length));
    this.#start += length;
    this.#head = undefined;
    if (head.fault !== undefined) this.#events.onInvalid(head.fault);
    else {
      head.message.body = body;
      this.#events.onMessage(head.message);
    }
    return true;
  }

  #lose(error: SipParseError): void {
    this.#lost = true;
    this.#buffer = Buffer.alloc(0);
    this.#events.onLost(error);
  }

  #fault(head: Head, code: SipParseError['code'], text: string, status: number): SipParseError {
    return new SipParseError(code, text, status, head.message.kind === 'request' ? head.message : undefined);
  }

  #rest(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > smallBuffer) this.#buffer = Buffer.alloc(smallBuffer);
  }

  /** Moves what is left to the front only when the buffer is full, and doubles it only when that is not enough. */
  #keep(chunk: Buffer): void {
    const used = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = used + chunk.length;
      let size = this.#buffer.length;
      while (size < needed) size *= 2;
      const target = size === this.#buffer.length ? this.#buffer : Buffer.alloc(size);
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#buffer = target;
      this.#start = 0;
      this.#end = used;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }
}
