import type { LinkEnd } from '../ports.ts';

export type LinkErrorCode =
  | 'LINK_REFUSED'
  | 'LINK_UNREACHABLE'
  | 'LINK_TIMEOUT'
  | 'LINK_LOST'
  | 'LINK_TRANSPORT_FAILED'
  | 'LINK_NO_CODEC'
  | 'LINK_ENDED';

/** Why a join failed. Neither message nor cause ever holds a token. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;
  /** Set with LINK_ENDED: the room's side ended the link for good. */
  readonly end: LinkEnd | null;

  constructor(code: LinkErrorCode, message: string, options: { cause?: unknown; end?: LinkEnd } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'LinkError';
    this.code = code;
    this.end = options.end ?? null;
  }

  /** Whether another try may help. */
  get retryable(): boolean {
    return this.code !== 'LINK_REFUSED' && this.code !== 'LINK_NO_CODEC' && this.code !== 'LINK_ENDED';
  }
}
