/** Keys by INFO, for peers that take no telephone events. No RFC describes the body, Cisco's documents do. */
import { setTimeout as pause } from 'node:timers/promises';
import { within } from './deadline.ts';
import type { SipDialog } from './srf-messages.ts';

const toneMs = 160;
/** Half a second of waiting, as keys of dial plans have it. */
const wait = 'w';
const waitMs = 500;
/** A peer that answers no INFO does not hold up the keys that come after. */
const answerMs = 2000;

/** One after the other; who refuses one gets no more. Never rejects. */
export async function sendKeysByInfo(dialog: SipDialog, keys: string, over: AbortSignal): Promise<boolean> {
  for (const key of keys) {
    if (over.aborted) return false;
    if (key === wait) {
      await pause(waitMs, undefined, { signal: over }).catch(() => undefined);
      continue;
    }
    const info = {
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: `Signal=${key}\r\nDuration=${toneMs}\r\n`,
    };
    const status = await within<number>(answerMs, over, (settle) =>
      dialog.request(info, (_error, res) => settle(res?.status ?? 0)),
    );
    // It knows no INFO, or not this body (RFC 3261 §21.4.6, §21.4.13, §21.5.2).
    if (status === null || status === 405 || status === 415 || status === 501) return false;
  }
  return true;
}
