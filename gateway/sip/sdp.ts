import { isIPv4, isIPv6 } from 'node:net';

/**
 * A reader for session descriptions (RFC 8866). It keeps each m-line word for word, since an answer has to
 * repeat all of them in place (RFC 3264 §6), and is lenient where room systems are sloppy: lines that are
 * no `x=…` are skipped, o=, s= and t= may be missing, lines may end with CR or LF alone. It never throws and works on bounded input only.
 */
export interface SdpDescription {
  /** The `t=` value; an answer repeats it (RFC 3264 §6). */
  readonly timing: string;
  /** `b=` lines for the whole session, as those of a line. */
  readonly bandwidths: readonly SdpAttribute[];
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly SdpMedia[];
}

export interface SdpAttribute {
  readonly name: string;
  readonly value: string;
}

export interface SdpMedia {
  readonly kind: string;
  /** 0: the stream is refused or over. */
  readonly port: number;
  readonly proto: string;
  /** At least one. */
  readonly formats: readonly string[];
  /** Own `c=`, else the session's; null: none. */
  readonly connection: SdpConnection | null;
  /** Own `b=` lines: `AS` in kbit/s, `TIAS` in bit/s (RFC 3890). */
  readonly bandwidths: readonly SdpAttribute[];
  readonly attributes: readonly SdpAttribute[];
}

export interface SdpConnection {
  readonly family: 'IP4' | 'IP6';
  readonly address: string;
  /** False: `address` is a host name. */
  readonly literal: boolean;
}

const maxChars = 65_536;
const maxMedia = 32;
const maxFormats = 128;
const maxAttributes = 512;
const maxBandwidths = 16;

const mLine = /^([\w!#$%&'*+.^`{|}~-]{1,32}) (\d{1,5})(?:\/\d{1,5})? ([\w!#$%&'*+./^`{|}~-]{1,64}) +(\S.*)$/;
const cLine = /^IN (IP[46]) ([^\s/]{1,253})(?:\/\d{1,3}){0,2}$/;
const hostName = /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\.?$/;
/** What an answer repeats has to be harmless. */
const formatToken = /^[!-~]{1,64}$/;
const tLine = /^\d{1,20} \d{1,20}$/;

interface Section {
  readonly head: Pick<SdpMedia, 'kind' | 'port' | 'proto' | 'formats'>;
  connection: SdpConnection | null;
  readonly bandwidths: SdpAttribute[];
  readonly attributes: SdpAttribute[];
}

/** Null: the text is no session description, or beyond the bounds. */
export function readSdp(text: string): SdpDescription | null {
  if (text.length > maxChars) return null;
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
  if (lines.find((line) => line !== '') !== 'v=0') return null;
  const session = {
    timing: '0 0',
    connection: null as SdpConnection | null,
    bandwidths: [] as SdpAttribute[],
    attributes: [] as SdpAttribute[],
  };
  const sections: Section[] = [];
  for (const line of lines) {
    if (line[1] !== '=') continue;
    const value = line.slice(2);
    const owner = sections.at(-1) ?? session;
    switch (line[0]) {
      case 'm': {
        const head = readMediaLine(value);
        if (!head || sections.length === maxMedia) return null;
        sections.push({ head, connection: null, bandwidths: [], attributes: [] });
        break;
      }
      case 'c': {
        const connection = readConnection(value);
        if (!connection) return null;
        owner.connection ??= connection;
        break;
      }
      case 'b':
        if (owner.bandwidths.length < maxBandwidths) owner.bandwidths.push(readAttribute(value));
        break;
      case 'a':
        if (owner.attributes.length === maxAttributes) return null;
        owner.attributes.push(readAttribute(value));
        break;
      case 't':
        if (tLine.test(value)) session.timing = value;
        break;
    }
  }
  return {
    timing: session.timing,
    bandwidths: session.bandwidths,
    attributes: session.attributes,
    media: sections.map(({ head, connection, bandwidths, attributes }) => ({
      ...head,
      connection: connection ?? session.connection,
      bandwidths,
      attributes,
    })),
  };
}

function readMediaLine(value: string): Section['head'] | null {
  const match = mLine.exec(value);
  if (!match) return null;
  const [, kind = '', port = '', proto = '', rest = ''] = match;
  const formats = rest.split(/ +/);
  if (Number(port) > 65_535 || formats.length > maxFormats) return null;
  if (!formats.every((format) => formatToken.test(format))) return null;
  return { kind, port: Number(port), proto, formats };
}

function readConnection(value: string): SdpConnection | null {
  const match = cLine.exec(value);
  if (!match) return null;
  const [, family, address = ''] = match;
  if (family === 'IP4') return named('IP4', address, isIPv4(address));
  return named('IP6', address, isIPv6(address));
}

function named(family: 'IP4' | 'IP6', address: string, literal: boolean): SdpConnection | null {
  return literal || hostName.test(address) ? { family, address, literal } : null;
}

function readAttribute(value: string): SdpAttribute {
  const colon = value.indexOf(':');
  return colon < 0
    ? { name: value, value: '' }
    : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() };
}

/** The first value of an attribute; undefined: absent. */
export function attribute(from: { readonly attributes: readonly SdpAttribute[] }, name: string) {
  return from.attributes.find((candidate) => candidate.name === name)?.value;
}

export function hasAttribute(from: { readonly attributes: readonly SdpAttribute[] }, name: string): boolean {
  return attribute(from, name) !== undefined;
}
