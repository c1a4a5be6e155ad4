import { SipParseError } from './errors.ts';
import { isToken, parseNumber } from './text.ts';

export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}

/** RFC 3261 §8.1.1.5, §20.16: 32 bits. Throws `SipParseError`. */
export function parseCSeq(text: string): CSeq {
  const [number = '', method = '', ...more] = text.split(/[ \t]+/);
  const sequence = parseNumber(number, 0xffff_ffff);
  if (sequence === undefined || !isToken(method) || more.length > 0) {
    throw new SipParseError('SIP_CSEQ', 'a malformed CSeq');
  }
  return { sequence, method };
}
