import { SipParseError } from './errors.ts';
import { Headers } from './headers.ts';
import { headerKey } from './names.ts';
import { isDigits, isToken, trimBlank } from './text.ts';
import { defaultLimits } from './types.ts';
import type { MessageLimits, SipMessage, SipRequest, SipResponse } from './types.ts';

/**
 * Reads one datagram. Throws `SipParseError`.
 * Tolerates bare LF, leading empty lines, a missing empty line at the end, bytes after the body (RFC 3261 §18.3).
 */
export function parseMessage(datagram: Buffer, limits: MessageLimits = defaultLimits): SipMessage {
  const message = datagram.subarray(skipEmptyLines(datagram, 0));
  const bodyStart = findHeadEnd(message, 0) ?? message.length;
  const head = parseHead(message.subarray(0, bodyStart), limits);
  if (message.length > limits.maxMessageBytes) throw tooLarge(head.message);
  if (head.fault !== undefined) throw head.fault;
  const available = message.length - bodyStart;
  const length = head.contentLength ?? available;
  if (length > available) {
    throw fault('SIP_BODY_TRUNCATED', 'a body shorter than its Content-Length', head.message);
  }
  head.message.body = message.subarray(bodyStart, bodyStart + length);
  return head.message;
}

/** Start line and headers. With a fault, `message` is what could be read all the same. */
export interface Head {
  readonly message: SipMessage;
  /** Undefined: not given, or not readable (then there is a fault). */
  readonly contentLength: number | undefined;
  readonly fault: SipParseError | undefined;
}

/** First index at or after `from` that is no CR or LF: RFC 3261 §7.5 lets empty lines precede a message. */
function skipEmptyLines(bytes: Buffer, from: number): number {
  let index = from;
  while (index < bytes.length && (bytes[index] === 0x0d || bytes[index] === 0x0a)) index += 1;
  return index;
}

/** Where the body starts: after the first empty line. `from` may lie inside the head to go on with a search. */
export function findHeadEnd(bytes: Buffer, from: number): number | undefined {
  let lineFeed = bytes.indexOf(0x0a, from);
  while (lineFeed >= 0) {
    const next = bytes[lineFeed + 1];
    if (next === 0x0a) return lineFeed + 2;
    if (next === 0x0d && bytes[lineFeed + 2] === 0x0a) return lineFeed + 3;
    lineFeed = bytes.indexOf(0x0a, lineFeed + 1);
  }
  return undefined;
}

/** Reads a head to its end, whatever is wrong in it; the first fault counts. */
export function parseHead(bytes: Buffer, limits: MessageLimits): Head {
  const reader = new HeadReader(limits);
  const [startLine = '', ...lines] = unfold(bytes.toString('utf8'));
  const message = reader.readStartLine(startLine);
  for (const line of lines) reader.readHeader(line, message.headers);
  const contentLength = reader.readContentLength(message.headers);
  const first = reader.fault;
  return { message, contentLength, fault: first && fault(first.code, first.message, message, first.status) };
}

/** Lines without their ends; a line that starts with a blank continues the one before (RFC 3261 §7.3.1). */
function unfold(text: string): string[] {
  const lines: string[][] = [];
  for (const ended of text.split('\n')) {
    const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
    const folded = lines.length > 0 && (line.startsWith(' ') || line.startsWith('\t'));
    if (folded) lines.at(-1)?.push(trimBlank(line));
    else if (line !== '') lines.push([line]);
  }
  return lines.map((parts) => parts.join(' '));
}

class HeadReader {
  readonly #limits: MessageLimits;
  #headerCount = 0;
  fault: SipParseError | undefined;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  readStartLine(line: string): SipMessage {
    if (line.length > this.#limits.maxLineBytes) this.#note('SIP_TOO_LARGE', 'a start line too long', 513);
    return /^sip\//i.test(line) ? this.#readStatusLine(line) : this.#readRequestLine(line);
  }

  /** RFC 3261 §7.1: exactly one space between the three parts, none after (RFC 4475 §3.1.2.9, §3.1.2.10). */
  #readRequestLine(line: string): SipRequest {
    const [method = '', uri = '', version = '', ...more] = line.split(' ');
    const words = line.split(' ').filter((word) => word !== '');
    if (/^sip\/\d+\.\d+$/i.test(version) && version.toUpperCase() !== 'SIP/2.0') {
      this.#note('SIP_VERSION', 'another version than SIP/2.0', 505);
    } else if (more.length > 0 || version.toUpperCase() !== 'SIP/2.0' || uri === '' || !isToken(method)) {
      this.#note('SIP_START_LINE', 'a malformed request line');
    }
    if (hasControl(line)) this.#note('SIP_START_LINE', 'a control character in the request line');
    return {
      kind: 'request',
      method: words[0] ?? '',
      uri: words[1] ?? '',
      headers: new Headers(),
      body: Buffer.alloc(0),
    };
  }

  /** RFC 3261 §7.2. The space before an absent reason may be missing too. */
  #readStatusLine(line: string): SipResponse {
    const [version = '', statusText = ''] = line.split(' ', 2);
    const status = /^\d{3}$/.test(statusText) ? Number(statusText) : 0;
    if (version.toUpperCase() !== 'SIP/2.0') this.#note('SIP_VERSION', 'another version than SIP/2.0', 505);
    else if (status < 100 || status > 699 || hasControl(line)) {
      this.#note('SIP_START_LINE', 'a malformed status line');
    }
    const reason = line.slice(version.length + statusText.length + 2);
    return { kind: 'response', status, reason, headers: new Headers(), body: Buffer.alloc(0) };
  }

  readHeader(line: string, headers: Headers): void {
    this.#headerCount += 1;
    if (this.#headerCount > this.#limits.maxHeaders) {
      this.#note('SIP_TOO_LARGE', 'too many header fields', 513);
      return;
    }
    if (line.length > this.#limits.maxLineBytes) this.#note('SIP_TOO_LARGE', 'a header field too long', 513);
    const colon = line.indexOf(':');
    const name = trimBlank(line.slice(0, Math.max(colon, 0)));
    const value = trimBlank(line.slice(colon + 1));
    if (!isToken(name)) this.#note('SIP_HEADER', 'a line that is no header field');
    else if (hasControl(value)) this.#note('SIP_HEADER', 'a control character in a header field');
    else if (!isRepeat(headers, name, value)) headers.append(name, value);
  }

  /** Different ones leave no way to find the end (RFC 4475 §3.3.9). */
  readContentLength(headers: Headers): number | undefined {
    const texts = headers.raw('Content-Length');
    if (texts.length === 0) return undefined;
    const length = texts.length === 1 && isDigits(texts[0]) ? Number(texts[0]) : Number.NaN;
    if (Number.isSafeInteger(length)) return length;
    this.#note('SIP_CONTENT_LENGTH', 'a malformed Content-Length');
    return undefined;
  }

  #note(code: SipParseError['code'], message: string, status = 400): void {
    this.fault ??= new SipParseError(code, message, status);
  }
}

/** A large trunk says the length and type of its body twice; when both say the same, one is enough. */
function isRepeat(headers: Headers, name: string, value: string): boolean {
  const key = headerKey(name);
  return (key === 'content-length' || key === 'content-type') && headers.raw(name).includes(value);
}

/**
 * A bare CR, or a NUL that no backslash quotes (RFC 4475 §3.1.1.2 has one that is quoted). Either could make the
 * next reader see another message than we do.
 */
function hasControl(text: string): boolean {
  if (text.includes('\r')) return true;
  let nul = text.indexOf('\0');
  while (nul >= 0) {
    if (text[nul - 1] !== '\\') return true;
    nul = text.indexOf('\0', nul + 1);
  }
  return false;
}

function tooLarge(message: SipMessage): SipParseError {
  return fault('SIP_TOO_LARGE', 'a message too large', message, 513);
}

/** Only a request has an answer, so only its remains are of use. */
function fault(code: SipParseError['code'], text: string, message: SipMessage, status = 400): SipParseError {
  return new SipParseError(code, text, status, message.kind === 'request' ? message : undefined);
}
