import type { EndReason } from './reasons.ts';
import { reasonText } from './reasons.ts';

/**
 * The gateway's errors: a stable code (API, logs), the HTTP status it becomes, and what a person should do.
 * Domain errors extend this class in the file of their subject.
 */
export class GatewayError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
  /** What exactly is wrong, where several things may be: JSON pointers (RFC 6901) into what was sent. */
  readonly errors: readonly { readonly path: string; readonly message: string }[] | undefined;

  constructor(facts: {
    code: string;
    httpStatus: number;
    message: string;
    remedy: string;
    errors?: GatewayError['errors'];
    cause?: unknown;
  }) {
    super(facts.message, { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code;
    this.httpStatus = facts.httpStatus;
    this.remedy = facts.remedy;
    this.errors = facts.errors;
  }
}

/** A leg can't go on, for a reason that the caller will be told. */
export class LegError extends GatewayError {
  readonly reason: EndReason;

  constructor(reason: EndReason, cause?: unknown) {
    super({
      code: 'LEG_REFUSED',
      httpStatus: 502,
      message: reasonText[reason],
      remedy: reasonText[reason],
      cause,
    });
    this.reason = reason;
  }
}

/** In the caller's words; what nobody foresaw is an internal error. */
export function endReasonOf(error: unknown): EndReason {
  return error instanceof LegError ? error.reason : 'internal-error';
}

/** Keeps the message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
