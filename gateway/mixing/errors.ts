import { GatewayError } from '../errors.ts';

export type MixingErrorCode =
  | 'FREESWITCH_UNREACHABLE'
  | 'FREESWITCH_SECRET_WRONG'
  | 'FREESWITCH_ADDRESS_REFUSED'
  | 'FREESWITCH_NO_PROFILE'
  | 'FREESWITCH_VERSION'
  | 'FREESWITCH_MODULE_MISSING'
  | 'FREESWITCH_TIMEOUT'
  | 'FREESWITCH_LOST'
  | 'FREESWITCH_REFUSED'
  | 'FREESWITCH_NONE'
  | 'PROMPT_FOLDER_UNUSABLE'
  | 'PICTURE_FOLDER_UNUSABLE';

/** What FreeSWITCH does not do, why, and what to do about it. */
export class MixingError extends GatewayError {
  constructor(code: MixingErrorCode, message: string, remedy: string, cause?: unknown) {
    super({ code, httpStatus: 503, message, remedy, cause });
  }
}

export function lost(): MixingError {
  return new MixingError('FREESWITCH_LOST', 'FreeSWITCH is gone.', 'See its log for why.');
}

/** Nothing is waited for without an end: drachtio-fsmrf's promises have none of their own. */
export async function inTime<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new MixingError(
            'FREESWITCH_TIMEOUT',
            `FreeSWITCH did not end within ${ms} ms: ${what}.`,
            'See whether it or its machine is overloaded.',
          ),
        ),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
