import { DtlsAlert, dtls10, dtls12, extensionType } from './constants.ts';
import { groupIds } from './key-exchange.ts';
import { signatureSchemeIds } from './signatures.ts';
import { srtpProfileIds } from './srtp-profiles.ts';
import { WireReader, uint16, uint16s, uint8, vector } from './wire.ts';

/** ClientHello, HelloVerifyRequest and ServerHello (RFC 5246 §7.4.1, RFC 6347 §4.2.1) with the extensions that count here. */

export interface ClientHello {
  readonly random: Buffer;
  readonly cookie: Buffer;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly srtpProfiles: readonly number[];
  readonly extendedMasterSecret: boolean;
  /** It knows RFC 5746. */
  readonly secureRenegotiation: boolean;
  /** All but cookie and extensions: what the cookie is bound to. */
  readonly identifying: Buffer;
}

export interface ServerHello {
  readonly random: Buffer;
  readonly suite: number;
  /** Null: the server does no DTLS-SRTP. */
  readonly srtpProfile: number | null;
  readonly extendedMasterSecret: boolean;
}

/** RFC 5746 §3.3: the same as an empty renegotiation_info. */
const renegotiationScsv = 0x00ff;

export function clientHelloBody(
  random: Buffer,
  cookie: Buffer,
  suites: readonly { readonly id: number }[],
): Buffer {
  return Buffer.concat([
    uint16(dtls12),
    random,
    // No session is ever resumed.
    vector(1, Buffer.alloc(0)),
    vector(1, cookie),
    uint16s(
      2,
      suites.map(({ id }) => id),
    ),
    vector(1, uint8(0)),
    extensionsBlock([
      [extensionType.supportedGroups, uint16s(2, groupIds)],
      [extensionType.ecPointFormats, vector(1, uint8(0))],
      [extensionType.signatureAlgorithms, uint16s(2, signatureSchemeIds)],
      [extensionType.useSrtp, useSrtp(srtpProfileIds)],
      [extensionType.extendedMasterSecret, Buffer.alloc(0)],
      [extensionType.renegotiationInfo, vector(1, Buffer.alloc(0))],
    ]),
  ]);
}

/** Throws decode_error, or protocol_version for a client that knows only DTLS 1.0. */
export function readClientHello(body: Buffer): ClientHello {
  const reader = new WireReader(body);
  const version = reader.uint16();
  const random = reader.bytes(32);
  const session = reader.vector(1);
  const cookie = reader.vector(1);
  const suitesAt = body.length - reader.left;
  const suites = reader.uint16s(2);
  const compressions = reader.vector(1);
  const identifying = Buffer.concat([
    uint16(version),
    random,
    session,
    body.subarray(suitesAt, body.length - reader.left),
  ]);
  const extensions = readExtensions(reader);
  // Downwards: DTLS 1.3 would be less.
  if (version > dtls12) throw new DtlsAlert('protocol_version', 'The peer does not know DTLS 1.2.');
  if (!compressions.includes(0)) throw new DtlsAlert('illegal_parameter', 'The peer insists on compressing.');
  const numbers = (type: number) => {
    const value = extensions.get(type);
    return value ? new WireReader(value).uint16s(2) : [];
  };
  return {
    random,
    cookie,
    suites,
    groups: numbers(extensionType.supportedGroups),
    signatureSchemes: numbers(extensionType.signatureAlgorithms),
    srtpProfiles: numbers(extensionType.useSrtp),
    extendedMasterSecret: extensions.has(extensionType.extendedMasterSecret),
    secureRenegotiation:
      extensions.has(extensionType.renegotiationInfo) || suites.includes(renegotiationScsv),
    identifying,
  };
}

/** RFC 6347 §4.2.1: its version is 1.0, whatever is negotiated later. */
export function helloVerifyRequestBody(cookie: Buffer): Buffer {
  return Buffer.concat([uint16(dtls10), vector(1, cookie)]);
}

/** The cookie. */
export function readHelloVerifyRequest(body: Buffer): Buffer {
  const reader = new WireReader(body);
  reader.uint16();
  return reader.vector(1);
}

export function serverHelloBody(hello: ServerHello, client: ClientHello): Buffer {
  const extensions: [number, Buffer][] = [];
  if (client.secureRenegotiation)
    extensions.push([extensionType.renegotiationInfo, vector(1, Buffer.alloc(0))]);
  if (hello.extendedMasterSecret) extensions.push([extensionType.extendedMasterSecret, Buffer.alloc(0)]);
  if (hello.srtpProfile !== null) extensions.push([extensionType.useSrtp, useSrtp([hello.srtpProfile])]);
  extensions.push([extensionType.ecPointFormats, vector(1, uint8(0))]);
  return Buffer.concat([
    uint16(dtls12),
    hello.random,
    vector(1, Buffer.alloc(0)),
    uint16(hello.suite),
    uint8(0),
    extensionsBlock(extensions),
  ]);
}

/** Throws decode_error, protocol_version, illegal_parameter. */
export function readServerHello(body: Buffer): ServerHello {
  const reader = new WireReader(body);
  if (reader.uint16() !== dtls12)
    throw new DtlsAlert('protocol_version', 'The peer chose another version than DTLS 1.2.');
  const random = reader.bytes(32);
  reader.vector(1);
  const suite = reader.uint16();
  if (reader.uint8() !== 0) throw new DtlsAlert('illegal_parameter', 'The peer chose to compress.');
  const extensions = readExtensions(reader);
  const profiles = extensions.get(extensionType.useSrtp);
  const [srtpProfile = null] = profiles ? new WireReader(profiles).uint16s(2) : [];
  return {
    random,
    suite,
    srtpProfile,
    extendedMasterSecret: extensions.has(extensionType.extendedMasterSecret),
  };
}

/** RFC 5764 §4.1.1, without a master key identifier. */
function useSrtp(profiles: readonly number[]): Buffer {
  return Buffer.concat([uint16s(2, profiles), vector(1, Buffer.alloc(0))]);
}

function extensionsBlock(extensions: readonly (readonly [number, Buffer])[]): Buffer {
  const all = extensions.flatMap(([type, value]) => [uint16(type), vector(2, value)]);
  return vector(2, Buffer.concat(all));
}

/** To the end of the message; one that is there twice makes it unreadable (RFC 5246 §7.4.1.4). */
function readExtensions(reader: WireReader): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  if (reader.left === 0) return extensions;
  const block = new WireReader(reader.vector(2));
  reader.end();
  while (block.left > 0) {
    const type = block.uint16();
    if (extensions.has(type)) throw new DtlsAlert('decode_error', 'An extension is there twice.');
    extensions.set(type, block.vector(2));
  }
  return extensions;
}
