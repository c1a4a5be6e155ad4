/** Key frames that are asked for by INFO (RFC 5168), as devices without RTCP feedback do. */
import type { Log, MediaLeg } from '../ports.ts';
import type { SipDialog } from './srf-messages.ts';

export const mediaControl = 'application/media_control+xml';

/** What such a body says. */
export type MediaControl = 'key-frame' | 'error' | 'nothing' | 'malformed';

/** Elements and their ends; more is no request that anybody sends. */
const maxChars = 4096;
const root = /^\s*(?:<\?xml[^>]{0,200}\?>\s*)?<media_control[\s/>]/;

const pictureFastUpdate =
  '<?xml version="1.0" encoding="utf-8"?>\r\n' +
  '<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n';

/** A device that is asked more often sends nothing but key frames. */
const pauseMs = 1000;

/** RFC 5168 §5. Of its elements two mean something; the others are of no use to a single stream. */
export function readMediaControl(body: string): MediaControl {
  if (body.length > maxChars || !root.test(body)) return 'malformed';
  if (/<picture_fast_update[\s/>]/.test(body)) return 'key-frame';
  return /<general_error[\s/>]/.test(body) ? 'error' : 'nothing';
}

export interface KeyFrameRequests {
  /** The device reported an error: RFC 5168 §6 wants no more requests in this dialog. */
  refused(): void;
}

/**
 * Asks the device for key frames whenever its camera's is wanted and RTCP can't ask: at most once a second, and what is
 * wanted meanwhile once more at the end of that second.
 */
export function askForKeyFrames(
  dialog: SipDialog,
  media: Pick<MediaLeg, 'on'>,
  over: AbortSignal,
  log: Log,
): KeyFrameRequests {
  let state: 'idle' | 'pausing' | 'wanted' | 'refused' = 'idle';
  let timer: NodeJS.Timeout | undefined;

  const refused = (): void => {
    if (state === 'refused') return;
    state = 'refused';
    clearTimeout(timer);
    log.info({}, 'device takes no requests for key frames by INFO');
  };
  const ask = (): void => {
    state = 'pausing';
    timer = setTimeout(resume, pauseMs);
    const headers = { 'Content-Type': mediaControl };
    dialog.request({ method: 'INFO', headers, body: pictureFastUpdate }, (_error, res) => {
      // It knows no INFO, or not this body (RFC 3261 §21.4.6, §21.4.13, §21.5.2).
      if (res && [405, 415, 501].includes(res.status)) refused();
    });
  };
  const resume = (): void => {
    if (state === 'wanted') ask();
    else if (state === 'pausing') state = 'idle';
  };
  media.on('keyFrameWanted', () => {
    if (over.aborted) return;
    if (state === 'idle') ask();
    else if (state === 'pausing') state = 'wanted';
  });
  over.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return { refused };
}
