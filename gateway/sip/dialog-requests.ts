import type { Log } from '../ports.ts';
import { mediaType } from './body.ts';
import { allCapabilities, allow } from './capabilities.ts';
import { acceptedInfoBodies, readInfo } from './info.ts';
import type { SipDialog, SipRequest, SipResponse } from './srf-messages.ts';
import { respond } from './srf.ts';

/** What comes of requests in a dialog. */
export interface DialogEvents {
  readonly digit: (digit: string) => void;
  /** The device wants a key frame of what it sees. */
  readonly keyFrame: () => void;
  /** What became of a transfer; false: none was asked for. */
  readonly referred: (notify: SipRequest) => boolean;
  /** The device can't do what it was asked for by INFO. */
  readonly mediaControlError: () => void;
}

/**
 * Answers what a device may ask inside its dialog, offers aside. All methods are listened to, since the
 * library says 200 to what nobody hears.
 */
export function serveDialog(dialog: SipDialog, log: Log, events: DialogEvents): void {
  dialog.on('info', (req, res) => answerInfo(req, res, events));
  dialog.on('options', (_req, res) => void respond(res, 200, { headers: allCapabilities }));
  dialog.on('refer', (_req, res) => {
    log.info({}, 'transfer refused');
    // RFC 3515 §2.4.2: a REFER that is not followed is declined with a failure response.
    const headers = {
      Warning: '399 gateway "This gateway takes no transfers; dial the other number instead"',
    };
    void respond(res, 603, { phrase: 'Transfer Declined', headers });
  });
  dialog.on('notify', (req, res) => {
    if (events.referred(req)) void respond(res, 200);
    // RFC 6665 §4.1.3: no subscription of ours matches.
    else void respond(res, 481, { phrase: 'Subscription Does Not Exist' });
  });
  for (const method of ['subscribe', 'message', 'publish'] as const)
    dialog.on(method, (_req, res) => void notAllowed(res));
}

/**
 * RFC 3261 §8.2.1. Also to SUBSCRIBE and PUBLISH: a 489 has to name the event packages that there are (RFC 6665 §8.2),
 * and we have none. A MESSAGE that nobody would read gets no 2xx.
 */
export function notAllowed(res: SipResponse): Promise<boolean> {
  return respond(res, 405, { headers: { Allow: allow } });
}

function answerInfo(req: SipRequest, res: SipResponse, events: DialogEvents): void {
  // RFC 6086 §4.2.2: none of the info packages is taken, which an empty Recv-Info says.
  if (req.get('info-package') !== undefined) {
    void respond(res, 469, { headers: { 'Recv-Info': '' } });
    return;
  }
  const info = readInfo(mediaType(req), req.body ?? '');
  switch (info.kind) {
    case 'digit':
      events.digit(info.digit);
      void respond(res, 200);
      break;
    case 'key-frame':
      events.keyFrame();
      void respond(res, 200);
      break;
    case 'error':
      events.mediaControlError();
      void respond(res, 200);
      break;
    case 'nothing':
      void respond(res, 200);
      break;
    case 'malformed':
      void respond(res, 400, { phrase: 'Unreadable Body' });
      break;
    case 'unsupported':
      void respond(res, 415, { headers: { Accept: acceptedInfoBodies } });
      break;
  }
}
