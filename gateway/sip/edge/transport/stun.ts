import { addressBytes } from './addresses.ts';
import type { Peer } from './types.ts';

/** RFC 5389 §6. */
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
const magicCookie = 0x2112a442;
const headerBytes = 20;

/** RFC 5389 §18.2: attributes below are understood or refused. */
const firstOptional = 0x8000;
const attribute = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
} as const;

/** They may come, and mean nothing to a server without credentials (RFC 5626 §4.4.2: it has none). */
const ignored: ReadonlySet<number> = new Set([
  attribute.username,
  attribute.messageIntegrity,
  // RFC 3489's RESPONSE-ADDRESS and CHANGE-REQUEST: old clients send them with nothing wanted.
  0x0002,
  0x0003,
]);

/** SIP begins with a letter, STUN with two zero bits (RFC 5389 §8, RFC 5626 §8). */
export function isStun(datagram: Buffer): boolean {
  return datagram.length >= headerBytes && datagram[0] < 0x02;
}

/**
 * The answer to a binding request that came to the SIP port: where it came from, by which a device keeps its NAT's
 * binding and sees whether that has changed (RFC 5626 §4.4.2). Undefined: it is none.
 */
export function answerStun(request: Buffer, from: Pick<Peer, 'address' | 'port'>): Buffer | undefined {
  if (request.readUInt16BE(0) !== bindingRequest) return undefined;
  const attributes = readAttributes(request);
  if (attributes === undefined) return undefined;
  const unknown = attributes.filter((type) => type < firstOptional && !ignored.has(type));
  if (unknown.length > 0) return response(request, bindingError, unknownAttributes(unknown));
  // RFC 5389 §12.2: without the cookie it is an RFC 3489 client, which knows the plain address only.
  const isOld = request.readUInt32BE(4) !== magicCookie;
  return response(
    request,
    bindingSuccess,
    isOld
      ? tlv(attribute.mappedAddress, addressValue(from))
      : tlv(attribute.xorMappedAddress, xored(addressValue(from), request)),
  );
}

/** Types of the attributes; undefined: the lengths don't add up. */
function readAttributes(request: Buffer): number[] | undefined {
  const length = request.readUInt16BE(2);
  if (length % 4 !== 0 || request.length !== headerBytes + length) return undefined;
  const types: number[] = [];
  for (let at = headerBytes; at < request.length;) {
    types.push(request.readUInt16BE(at));
    at += 4 + Math.ceil(request.readUInt16BE(at + 2) / 4) * 4;
    if (at > request.length) return undefined;
  }
  return types;
}

function response(request: Buffer, type: number, body: Buffer): Buffer {
  const head = Buffer.from(request.subarray(0, headerBytes));
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** RFC 5389 §15: padded to four bytes, which the length does not count. */
function tlv(type: number, value: Buffer): Buffer {
  const field = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  field.writeUInt16BE(type, 0);
  field.writeUInt16BE(value.length, 2);
  value.copy(field, 4);
  return field;
}

/** RFC 5389 §15.1: family, port, address. */
function addressValue({ address, port }: Pick<Peer, 'address' | 'port'>): Buffer {
  const bytes = addressBytes(address);
  const head = Buffer.from([0, bytes.length === 4 ? 1 : 2, 0, 0]);
  head.writeUInt16BE(port, 2);
  return Buffer.concat([head, bytes]);
}

/** RFC 5389 §15.2: the port with the cookie's first half, the address with cookie and transaction id. */
function xored(value: Buffer, request: Buffer): Buffer {
  const key = request.subarray(4, headerBytes);
  const result = Buffer.from(value);
  for (let at = 2; at < 4; at += 1) result[at] = value[at] ^ key[at - 2];
  for (let at = 4; at < value.length; at += 1) result[at] = value[at] ^ key[at - 4];
  return result;
}

/** RFC 5389 §7.3.1: 420, and which. */
function unknownAttributes(types: readonly number[]): Buffer {
  const reason = Buffer.concat([Buffer.from([0, 0, 4, 20]), Buffer.from('Unknown Attribute')]);
  const list = Buffer.alloc(types.length * 2);
  types.forEach((type, index) => list.writeUInt16BE(type, index * 2));
  return Buffer.concat([tlv(attribute.errorCode, reason), tlv(attribute.unknownAttributes, list)]);
}
