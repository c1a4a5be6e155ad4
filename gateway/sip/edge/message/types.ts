import type { Headers } from './headers.ts';

export interface SipRequest {
  readonly kind: 'request';
  /** Case matters (RFC 3261 §7.1). */
  method: string;
  /** The Request-URI, as text; `parseUri` takes it apart. */
  uri: string;
  headers: Headers;
  body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  /** 100–699. */
  status: number;
  reason: string;
  headers: Headers;
  body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** What bounds a message; whoever goes over gets 513 or is dropped. */
export interface MessageLimits {
  /** Head and body together. */
  readonly maxMessageBytes: number;
  readonly maxHeaders: number;
  /** One header field, its folded lines together; the start line too. */
  readonly maxLineBytes: number;
}

export const defaultLimits: MessageLimits = {
  maxMessageBytes: 65_536,
  maxHeaders: 256,
  maxLineBytes: 16_384,
};
