import { endReasons, type EndReason } from '../../../reasons.ts';

/** In a few words, as a name: `no-pin-entered` is “No PIN entered”. */
export function reasonName(reason: EndReason): string {
  const words = reason.replaceAll('-', ' ').replace(/\bpin\b/g, 'PIN');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** To choose from. */
export const reasonChoices: readonly (readonly [EndReason, string])[] = endReasons
  .map((reason) => [reason, reasonName(reason)] as const)
  .sort(([, a], [, b]) => (a < b ? -1 : 1));

const ordinary: ReadonlySet<EndReason> = new Set([
  'caller-hung-up',
  'caller-left',
  'caller-cancelled',
  'room-ended',
  'removed-by-host',
  'ended-by-admin',
  'time-limit',
  'empty-room-limit',
  'transferred',
  'other-side-hung-up',
]);

/** Calls end so every day, and nobody has to look why. */
export const isOrdinary = (reason: EndReason): boolean => ordinary.has(reason);
