/** Methods that apps can route (RFC 3261, 3262, 3311, 3428, 3515, 3903, 6086, 6665). Anything else: 405. */
export const knownMethods: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
  'REFER',
]);

/** These live in a dialog only; outside they belong to nothing (RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2). */
export const dialogOnly: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE']);

/**
 * Extensions that the edge does itself or that change nothing in its work, so that an app can stand for
 * them. A request that requires another one gets 420 (RFC 3261 §8.2.2.3): the edge would break its promise.
 */
export const supportedExtensions: readonly string[] = [
  '100rel', // RFC 3262, by the edge
  'timer', // RFC 4028, by the edge
  'replaces', // RFC 3891
  'join', // RFC 3911
  'tdialog', // RFC 4538
  'norefersub', // RFC 4488
  'nosub', // RFC 7614
  'explicitsub', // RFC 7614
  'multiple-refer', // RFC 5368
  'eventlist', // RFC 4662
  'from-change', // RFC 4916
  'histinfo', // RFC 7044
  'path', // RFC 3327
  'outbound', // RFC 5626
  'gruu', // RFC 5627
  'siprec', // RFC 7866
  'record-aware', // RFC 7866
  'ice', // RFC 5768
  'uui', // RFC 7433
];

/** RFC 3261 §12.2: they move the target of a dialog. */
export const refreshesTarget: ReadonlySet<string> = new Set([
  'INVITE',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
]);

/** These carry offers, and refresh the session (RFC 4028 §3). */
export const changesSession: ReadonlySet<string> = new Set(['INVITE', 'UPDATE']);

/** They carry a Contact of ours, if the app gives none (RFC 3261 §8.1.1.8; not MESSAGE, RFC 3428 §4). */
export const carriesContact: ReadonlySet<string> = new Set([
  'INVITE',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'OPTIONS',
]);
