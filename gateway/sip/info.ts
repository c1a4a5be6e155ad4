import { mediaControl, readMediaControl } from './key-frames.ts';

/** What an INFO request means to us, by its body's media type. */
export type InfoMeaning =
  | { readonly kind: 'digit'; readonly digit: string }
  | { readonly kind: 'key-frame' | 'error' | 'nothing' | 'malformed' | 'unsupported' };

export const acceptedInfoBodies = `application/dtmf-relay, application/dtmf, ${mediaControl}`;

/** Event numbers (RFC 4733 §3.2) that some gateways write instead of the key. */
const keys = '0123456789*#ABCD';

/** A digit takes a few dozen; more is none. */
const maxChars = 256;

/**
 * Reads a digit out of an INFO. `application/dtmf-relay` has `Signal=` and `Duration=` lines,
 * `application/dtmf` the key alone; no RFC describes either, Cisco's documents do.
 */
export function readInfo(mediaType: string, body: string): InfoMeaning {
  if (body.length > maxChars && mediaType.startsWith('application/dtmf')) return { kind: 'malformed' };
  switch (mediaType) {
    // A keep-alive of old devices (RFC 6086 §4.2.2 lets legacy use be answered with 200).
    case '':
      return { kind: body === '' ? 'nothing' : 'unsupported' };
    case 'application/dtmf-relay':
      return digit(/^\s*signal\s*=\s*(\S{1,2})\s*$/im.exec(body)?.[1]);
    case 'application/dtmf':
      return digit(/^\s*(?:signal\s*=\s*)?(\S{1,2})\s*$/im.exec(body)?.[1]);
    case mediaControl:
      return { kind: readMediaControl(body) };
    default:
      return { kind: 'unsupported' };
  }
}

function digit(text: string | undefined): InfoMeaning {
  if (text === undefined) return { kind: 'malformed' };
  const key = /^1\d$/.test(text) ? keys.at(Number(text)) : text.toUpperCase();
  if (key?.length === 1 && keys.includes(key)) return { kind: 'digit', digit: key };
  // 16 is the hook flash: known, and of no use here.
  return { kind: text === '16' ? 'nothing' : 'malformed' };
}
