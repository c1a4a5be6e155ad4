/** What stays of a session's m-lines for the dialog's life, and how descriptions of ours are put together. */
import { midLines, midOf } from './bundle.ts';
import type { SdpMedia } from './sdp.ts';

/** What stays of an m-line: a later offer repeats the lines in place (RFC 3264 §8). */
export interface LineShape {
  readonly kind: string;
  readonly proto: string;
  readonly format: string;
  /** Its name (RFC 5888); absent: it has none. */
  readonly mid?: string;
}

/** The line that carries a stream of ours. */
export interface StreamShape {
  /** Its position. */
  readonly index: number;
  /** RTCP shares the RTP port (RFC 5761). */
  readonly rtcpMux: boolean;
  /** What its payload types stand for, for as long as the session lasts. */
  readonly types: ReadonlyMap<number, string>;
}

/** The m-lines of a session and which of them carry what. */
export interface SessionShape {
  readonly lines: readonly LineShape[];
  readonly audio: StreamShape;
  /** Null: none. */
  readonly video: StreamShape | null;
  /** The audio is a group of its own (RFC 9143). */
  readonly bundled: boolean;
}

export function shapeOf(media: SdpMedia): LineShape {
  const { kind, proto, formats } = media;
  const mid = midOf(media);
  return { kind, proto, format: formats[0] ?? '0', ...(mid === undefined ? {} : { mid }) };
}

/** RFC 3264 §6: port zero refuses; a format has to be there and means nothing. */
export function refusedLine({ kind, proto, format, mid }: LineShape): string[] {
  return [`m=${kind} 0 ${proto} ${format}`, ...midLines(mid)];
}

/** RFC 8839 §5.3, §5.6: what kind of agent we are, when a stream uses ICE. */
export function sessionIceLines(mode: 'full' | 'lite' | undefined, used: boolean): string[] {
  if (mode === undefined || !used) return [];
  return [...(mode === 'lite' ? ['a=ice-lite'] : []), 'a=ice-options:ice2'];
}

/** Who says a description, and which it is. */
export interface Origin {
  readonly address: string;
  /** RFC 8866 §5.2: sess-id stays for the dialog, sess-version grows with each change. */
  readonly sessionId: number;
  readonly version: number;
}

export function describe(
  { address, sessionId, version }: Origin,
  timing: string,
  session: readonly string[],
  media: readonly string[],
): string {
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- ${sessionId} ${version} IN ${family} ${address}`,
    's=-',
    `c=IN ${family} ${address}`,
    `t=${timing}`,
    ...session,
    ...media,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
