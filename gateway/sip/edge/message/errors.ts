import type { SipRequest } from './types.ts';

export type SipParseErrorCode =
  | 'SIP_START_LINE'
  | 'SIP_VERSION'
  | 'SIP_HEADER'
  | 'SIP_CONTENT_LENGTH'
  | 'SIP_BODY_TRUNCATED'
  | 'SIP_TOO_LARGE'
  | 'SIP_URI'
  | 'SIP_ADDRESS'
  | 'SIP_VIA'
  | 'SIP_CSEQ';

/**
 * Text that is no SIP. `status` is what a request with this fault gets; a response with it is dropped
 * (RFC 3261 §18.3). `partial` is what could be read of a request, so that an answer can still be built:
 * `canAnswer` in `build.ts` says whether that is enough.
 */
export class SipParseError extends Error {
  readonly code: SipParseErrorCode;
  readonly status: number;
  readonly partial: SipRequest | undefined;

  constructor(code: SipParseErrorCode, message: string, status = 400, partial?: SipRequest) {
    super(message);
    this.name = 'SipParseError';
    this.code = code;
    this.status = status;
    this.partial = partial;
  }
}
