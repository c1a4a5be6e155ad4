import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { xorAddressValue } from './stun-address.ts';
import type { StunAddress } from './stun-address.ts';

/** STUN (RFC 8489) as ICE needs it: binding requests, their answers and indications, with short-term credentials. */

export const stunHeaderBytes = 20;
const magicCookie = 0x2112_a442;
/** RFC 8489 §14.7. */
const fingerprintXor = 0x5354_554e;
/** Longer than any binding request of a real peer, so that garbage is dropped without work. */
const longestMessage = 1280;

export type StunClass = 'request' | 'indication' | 'success' | 'error';

const classBits = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const;
const bindingMethod = 0x0001;

const attributeTypes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

const known = new Set<number>([
  ...Object.values(attributeTypes),
  // MAPPED-ADDRESS, REALM, NONCE: of no use here, as XOR-MAPPED-ADDRESS, and no reason to refuse.
  0x0001,
  0x0014,
  0x0015,
]);

/** A binding message. Undefined: the attribute is not there. */
export interface StunMessage {
  readonly class: StunClass;
  /** 12 octets, as hex. */
  readonly transactionId: string;
  readonly username?: string;
  readonly priority?: number;
  readonly useCandidate: boolean;
  readonly controlling?: bigint;
  readonly controlled?: bigint;
  readonly errorCode?: number;
  /** Comprehension-required attributes that nobody here knows (RFC 8489 §5): a request with them gets 420. */
  readonly unknown: readonly number[];
  /** Where MESSAGE-INTEGRITY begins; -1: there is none. What comes after it (FINGERPRINT aside) is not read. */
  readonly integrityAt: number;
}

type Draft = { -readonly [K in keyof StunMessage]: StunMessage[K] };

/** RFC 7983 §7 and RFC 8489 §5: the first octet, the cookie, the length. No allocation: asked of every datagram. */
export function isStun(bytes: Buffer): boolean {
  return (
    bytes.length >= stunHeaderBytes &&
    bytes[0] < 4 &&
    bytes.readUInt32BE(4) === magicCookie &&
    bytes.readUInt16BE(2) === bytes.length - stunHeaderBytes
  );
}

/** Null: no binding message, or its FINGERPRINT is missing (RFC 8445 §7.1 wants one) or wrong. */
export function parseStun(bytes: Buffer): StunMessage | null {
  if (!isStun(bytes) || bytes.length > longestMessage) return null;
  const type = bytes.readUInt16BE(0);
  const kind = classOf(type);
  if (!kind || (type & ~0x110) !== bindingMethod) return null;
  const message: Draft = {
    class: kind,
    transactionId: bytes.toString('hex', 8, stunHeaderBytes),
    useCandidate: false,
    unknown: [],
    integrityAt: -1,
  };
  const unknown: number[] = [];
  let fingerprinted = false;
  for (let at = stunHeaderBytes; at < bytes.length;) {
    if (at + 4 > bytes.length || fingerprinted) return null;
    const attribute = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const value = bytes.subarray(at + 4, at + 4 + length);
    if (value.length !== length) return null;
    if (attribute === attributeTypes.fingerprint) {
      if (length !== 4 || value.readUInt32BE(0) !== fingerprintOf(bytes, at)) return null;
      fingerprinted = true;
    } else if (message.integrityAt < 0) {
      if (attribute === attributeTypes.messageIntegrity) {
        if (length !== 20) return null;
        message.integrityAt = at;
      } else if (!known.has(attribute)) {
        if (attribute < 0x8000 && unknown.length < 8) unknown.push(attribute);
      } else if (!readAttribute(message, attribute, value)) return null;
    }
    at += 4 + length + padding(length);
  }
  return fingerprinted ? { ...message, unknown } : null;
}

/** False: its value is malformed. */
function readAttribute(message: Draft, attribute: number, value: Buffer): boolean {
  switch (attribute) {
    case attributeTypes.username:
      // RFC 8489 §14.3.
      if (value.length > 508) return false;
      message.username = value.toString('utf8');
      return true;
    case attributeTypes.priority:
      if (value.length !== 4) return false;
      message.priority = value.readUInt32BE(0);
      return true;
    case attributeTypes.useCandidate:
      message.useCandidate = true;
      return value.length === 0;
    case attributeTypes.iceControlling:
    case attributeTypes.iceControlled:
      if (value.length !== 8) return false;
      message[attribute === attributeTypes.iceControlling ? 'controlling' : 'controlled'] =
        value.readBigUInt64BE(0);
      return true;
    case attributeTypes.errorCode:
      if (value.length < 4) return false;
      message.errorCode = (value[2] & 7) * 100 + value[3];
      return true;
    default:
      return true;
  }
}

/** Whether the message was made with the password (RFC 8489 §14.5); false without MESSAGE-INTEGRITY. */
export function hasIntegrity(bytes: Buffer, message: StunMessage, password: string): boolean {
  const at = message.integrityAt;
  return at >= 0 && timingSafeEqual(bytes.subarray(at + 4, at + 24), integrityOf(bytes, at, password));
}

export interface StunContent {
  readonly username?: string;
  readonly mappedAddress?: StunAddress;
  readonly priority?: number;
  readonly useCandidate?: boolean;
  readonly controlling?: bigint;
  readonly controlled?: bigint;
  readonly errorCode?: number;
  readonly unknown?: readonly number[];
}

/** A binding message with FINGERPRINT, and with MESSAGE-INTEGRITY when there is a password. */
export function buildStun(
  kind: StunClass,
  transactionId: string,
  content: StunContent,
  password: string | null,
): Buffer {
  const header = Buffer.alloc(stunHeaderBytes);
  header.writeUInt16BE(bindingMethod | classBits[kind], 0);
  header.writeUInt32BE(magicCookie, 4);
  header.write(transactionId, 8, 'hex');
  const parts: Buffer[] = [header, ...contentAttributes(content, header)];
  if (password !== null) parts.push(attributeOf(attributeTypes.messageIntegrity, Buffer.alloc(20)));
  parts.push(attributeOf(attributeTypes.fingerprint, Buffer.alloc(4)));
  const bytes = Buffer.concat(parts);
  const fingerprintAt = bytes.length - 8;
  if (password !== null) {
    const integrityAt = fingerprintAt - 24;
    integrityOf(bytes, integrityAt, password).copy(bytes, integrityAt + 4);
  }
  bytes.writeUInt16BE(bytes.length - stunHeaderBytes, 2);
  bytes.writeUInt32BE(fingerprintOf(bytes, fingerprintAt), fingerprintAt + 4);
  return bytes;
}

function contentAttributes(content: StunContent, header: Buffer): Buffer[] {
  const { username, mappedAddress, priority, useCandidate, controlling, controlled } = content;
  const parts: Buffer[] = [];
  if (content.errorCode !== undefined) {
    const { errorCode } = content;
    parts.push(
      attributeOf(
        attributeTypes.errorCode,
        Buffer.from([0, 0, Math.floor(errorCode / 100), errorCode % 100]),
      ),
    );
  }
  if (content.unknown !== undefined) {
    const value = Buffer.alloc(2 * content.unknown.length);
    content.unknown.forEach((type, index) => value.writeUInt16BE(type, 2 * index));
    parts.push(attributeOf(attributeTypes.unknownAttributes, value));
  }
  if (username !== undefined) parts.push(attributeOf(attributeTypes.username, Buffer.from(username)));
  if (mappedAddress) {
    parts.push(attributeOf(attributeTypes.xorMappedAddress, xorAddressValue(mappedAddress, header)));
  }
  if (priority !== undefined) {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(priority, 0);
    parts.push(attributeOf(attributeTypes.priority, value));
  }
  if (controlling !== undefined) parts.push(attributeOf(attributeTypes.iceControlling, eight(controlling)));
  if (controlled !== undefined) parts.push(attributeOf(attributeTypes.iceControlled, eight(controlled)));
  if (useCandidate) parts.push(attributeOf(attributeTypes.useCandidate, Buffer.alloc(0)));
  return parts;
}

function attributeOf(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + value.length + padding(value.length));
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function eight(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value, 0);
  return bytes;
}

/** RFC 8489 §14: values are padded to multiples of four. */
function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

function classOf(type: number): StunClass | null {
  switch (type & 0xc110) {
    case classBits.request:
      return 'request';
    case classBits.indication:
      return 'indication';
    case classBits.success:
      return 'success';
    case classBits.error:
      return 'error';
    default:
      return null;
  }
}

/** RFC 8489 §14.5: over all that comes before, as if the message ended with the attribute. */
function integrityOf(bytes: Buffer, at: number, password: string): Buffer {
  return createHmac('sha1', password)
    .update(headWithLength(bytes, at + 24))
    .update(bytes.subarray(4, at))
    .digest();
}

function fingerprintOf(bytes: Buffer, at: number): number {
  const crc = crc32(bytes.subarray(4, at), crc32(headWithLength(bytes, at + 8)));
  return (crc ^ fingerprintXor) >>> 0;
}

/** The first four octets of a message that would end there. */
function headWithLength(bytes: Buffer, end: number): Buffer {
  const length = end - stunHeaderBytes;
  return Buffer.from([bytes[0], bytes[1], length >> 8, length & 0xff]);
}
