import { within } from './deadline.ts';
import type { SipDialog, SipRequest } from './srf-messages.ts';

/** One transfer in a dialog: the device is asked to call somebody else, and says how that goes (RFC 3515). */
export class Referral {
  #taken = false;
  #settle: ((reached: boolean) => void) | null = null;

  /** The device has taken it on: its hanging up now means that it is on its way. */
  get isTaken(): boolean {
    return this.#taken;
  }

  /** False: the device refused, reached nobody, or did not say in time. */
  async run(dialog: SipDialog, to: string, deadlineMs: number, over: AbortSignal): Promise<boolean> {
    const reached = await within<boolean>(deadlineMs, over, (settle) => {
      this.#settle = settle;
      dialog.request({ method: 'REFER', headers: { 'Refer-To': `<${to}>` } }, (error, res) => {
        const status = error === null || error === undefined ? (res?.status ?? 0) : 0;
        if (status < 200 || status >= 300) {
          settle(false);
          return;
        }
        this.#taken = true;
        // RFC 4488 §4: it will say no more.
        if (res?.get('refer-sub')?.trim().toLowerCase().startsWith('false') === true) settle(true);
      });
    });
    this.#settle = null;
    return reached ?? false;
  }

  /** RFC 3515 §2.4.4: a NOTIFY's body is the start of a response from there. False: it is not about this transfer. */
  notified(req: SipRequest): boolean {
    if (this.#settle === null || !/^refer\s*(;|$)/i.test(req.get('event') ?? '')) return false;
    this.#taken = true;
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(req.body ?? '')?.[1] ?? 0);
    // A device that says no more after a provisional one has let go of the call.
    const isLast = /^terminated\s*(;|$)/i.test(req.get('subscription-state') ?? '');
    if (status >= 200 || isLast) this.#settle(status < 300);
    return true;
  }
}
