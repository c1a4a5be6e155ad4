/** Stable codes of everything that can go wrong in the mixing tier; they cross process borders as they are. */
export const mediaErrorCodes = [
  'CONTROL_CLOSED',
  'CONTROL_TIMEOUT',
  'CONTROL_BAD_MESSAGE',
  'CHILD_FAILED',
  'ABORTED',
  'LEG_UNKNOWN',
  'LEG_EXISTS',
  'LEG_NOT_CONFIGURED',
  'LEG_JOINED',
  'RTP_PORTS_EXHAUSTED',
  'ROOM_UNAVAILABLE',
  'PROMPT_UNREADABLE',
  'ENGINE_DOWN',
  'CODEC_UNAVAILABLE',
  'INTERNAL',
] as const;

export type MediaErrorCode = (typeof mediaErrorCodes)[number];

export class MediaError extends Error {
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MediaError';
    this.code = code;
  }
}

/** Keeps the message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
