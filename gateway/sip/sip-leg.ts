import { randomUUID } from 'node:crypto';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { CallFacts, DialogPlace, Leg, LegEvents, Log, MediaLeg, NoVideo, Refusal } from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { ackOf } from './ack.ts';
import { capabilities } from './capabilities.ts';
import { within } from './deadline.ts';
import { serveDialog } from './dialog-requests.ts';
import { DtlsSession } from './dtls-session.ts';
import { FirstAnswer } from './first-answer.ts';
import type { Accepted, FirstExchange } from './first-exchange.ts';
import { OfferRefused, refuseOffer } from './first-exchange.ts';
import { LegEmitter } from './leg-emitter.ts';
import { askForKeyFrames } from './key-frames.ts';
import { LegLife } from './leg-life.ts';
import type { SipLegOptions } from './leg-options.ts';
import type { LegVideo } from './leg-video.ts';
import { redirect, refuse, sayBye, showsLife } from './leg-requests.ts';
import type { Negotiation } from './leg-session.ts';
import { openNegotiation } from './leg-session.ts';
import { offerProblem } from './offer-answer.ts';
import type { LocalMedia } from './offer-answer.ts';
import { openLegInTime } from './open-leg.ts';
import { waits } from './overlap.ts';
import { Progress } from './progress.ts';
import { Referral } from './referral.ts';
import { byeHeaders, sipEndings, videoWarning } from './reasons.ts';
import type { SipWarning } from './reasons.ts';
import type { Session } from './renegotiation.ts';
import { serveOffers } from './renegotiation.ts';
import { SdesKeys } from './sdes-keys.ts';
import { sessionOfCall } from './session-timer.ts';
import type { ConnectedLeg } from './server-connection.ts';
import type { SipDialog } from './srf-messages.ts';
import { respond } from './srf.ts';

export type SipLeg = Leg & ConnectedLeg;

/** One INVITE and its dialog. `onGone` runs once, when the leg holds nothing any more. */
export function createSipLeg(options: SipLegOptions, onGone: (leg: SipLeg) => void): SipLeg {
  return new InviteLeg(options, onGone);
}

type State =
  | { readonly name: 'offered' }
  /** The 200 is on its way to the stack. */
  | { readonly name: 'accepting'; readonly settled: Promise<unknown> }
  | { readonly name: 'answered'; readonly dialog: SipDialog };

class InviteLeg implements SipLeg {
  readonly id = randomUUID();
  readonly facts: CallFacts;
  readonly #options: SipLegOptions;
  readonly #security: LocalMedia['security'];
  readonly #onGone: (leg: SipLeg) => void;
  readonly #log: Log;
  readonly #events = new LegEmitter();
  readonly #life = new LegLife();
  readonly #progress: Progress;
  readonly #first: FirstAnswer;
  /** Aborted when the 200's ACK is here, or is not to be waited for any more. */
  readonly #acked = new AbortController();
  #state: State = { name: 'offered' };
  /** There is nothing left to refuse or to hang up. */
  #wireDone = false;
  #warning: SipWarning | undefined;
  #media: MediaLeg | null = null;
  #video: LegVideo | null = null;
  #referral: Referral | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: SipLegOptions, onGone: (leg: SipLeg) => void) {
    this.#options = options;
    this.#onGone = onGone;
    this.facts = options.facts;
    this.#security = { policy: options.srtp, keys: new SdesKeys(), dtls: new DtlsSession() };
    this.#log = options.log.child({ leg: this.id, sipCallId: options.facts.wireCallId });
    this.#progress = new Progress(options, this.#life);
    const open = async (): Promise<FirstExchange> => this.#exchange(await this.#openMedia());
    this.#first = new FirstAnswer({ body: options.body, progress: this.#progress, open });
    options.req.on('cancel', () => this.#farEnd('caller-cancelled'));
    // RFC 3311 §5.2: before the INVITE's offer is answered, another one has to wait.
    options.req.on('update', (req, res) => void ((req.body ?? '') === '' ? respond(res, 200) : waits(res)));
  }

  get noVideo(): NoVideo | null {
    const refused = this.#video?.refused ?? null;
    return refused && { reason: refused.reason, text: refused.text };
  }

  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void {
    this.#events.on(event, listener);
  }

  get dialog(): DialogPlace | null {
    if (this.#state.name !== 'answered') return null;
    return { server: this.#options.connection.server, dialog: this.#state.dialog.id };
  }

  check(): void {
    const { body, codecs: supported } = this.#options;
    const problem =
      body.kind === 'sdp' ? offerProblem(body.sdp, { supported, security: this.#security }) : null;
    if (problem) throw this.#refused(refuseOffer(this.#log, problem));
  }

  async ring(): Promise<void> {
    if (this.#state.name !== 'offered' || this.#life.over.aborted) return;
    // RFC 3261 §13.3.1.1: who can't be answered must not hear it ring.
    this.check();
    await this.#progress.ring();
  }

  async hearEarly(): Promise<MediaLeg | null> {
    return this.#state.name === 'offered' ? this.#orRefused(this.#first.early()) : null;
  }

  async answer(): Promise<MediaLeg> {
    if (this.#state.name !== 'offered') throw new Error('a leg is answered once');
    return this.#orRefused(this.#first.give());
  }

  async transfer(to: string): Promise<boolean> {
    const { over } = this.#life;
    // It goes into a header field, between these.
    if (over.aborted || this.#state.name === 'accepting' || /[<>\s]/.test(to)) return false;
    if (this.#state.name === 'offered') {
      this.#wireDone = true;
      await redirect(this.#options.res, to);
      return true;
    }
    this.#referral = new Referral();
    return this.#referral.run(this.#state.dialog, to, this.#options.limits.transferMs, over);
  }

  end(reason: EndReason, refusal: Refusal | null = null): Promise<void> {
    const text = refusal?.text ?? null;
    if (text !== null) this.#warning ??= { code: sipEndings[reason].warning, text };
    return (this.#ending ??= this.#end(reason, refusal));
  }

  async isAlive(): Promise<boolean> {
    const state = this.#state;
    const { over } = this.#life;
    if (over.aborted || state.name !== 'answered') return !over.aborted;
    return showsLife(state.dialog, this.#options.limits.aliveMs, over);
  }

  edgeLost(): void {
    if (this.#state.name !== 'answered') this.#farEnd('peer-unreachable');
  }

  async #openMedia(): Promise<MediaLeg> {
    this.#life.throwIfOver();
    const media = await openLegInTime(this.#options.media, this.id, this.#options.limits.mediaMs);
    // The caller may have gone while the node worked; `end` did not know of this leg then.
    if (this.#ending) await media.close();
    else this.#media = media;
    this.#life.throwIfOver();
    return media;
  }

  #exchange(media: MediaLeg): FirstExchange {
    const { req, limits, resolve } = this.#options;
    const at = { receivedOn: req.receivedOn, peer: req.source_address, ice: true };
    const negotiation = openNegotiation({ ...this.#options, ...at }, media, this.#security, this.#log);
    this.#video = negotiation.video;
    return {
      ...negotiation,
      life: this.#life,
      limits,
      resolve,
      log: this.#log,
      accept: (localSdp, first, warning) =>
        this.#accept({ localSdp, headers: videoWarning(warning) }, negotiation, first),
    };
  }

  async #accept(
    { localSdp, headers: more }: { localSdp: string; headers: Record<string, string> },
    negotiation: Negotiation,
    first: 'their-offer' | 'our-offer',
  ): Promise<Accepted> {
    this.#life.throwIfOver();
    const { req, res, connection, limits } = this.#options;
    const headers = { ...capabilities, ...sessionOfCall(req, limits.sessionSeconds), ...more };
    const accepted = new Promise<Accepted>((resolve, reject) => {
      connection.stack.accept(req, res, { localSdp, headers }, (error, dialog) => {
        if (dialog) {
          resolve(this.#adopt(dialog, negotiation, first));
          return;
        }
        // The stack takes no 200 when a CANCEL was there first.
        this.#farEnd('caller-cancelled');
        reject(new LegError('caller-cancelled', error));
      });
    });
    this.#state = { name: 'accepting', settled: accepted.catch(() => undefined) };
    return this.#life.orOver(inTime(limits.acceptMs, 'internal-error', accepted));
  }

  /** Listens to all of the dialog at once: the library answers by itself what nobody listens to. */
  #adopt(dialog: SipDialog, negotiation: Negotiation, first: 'their-offer' | 'our-offer'): Accepted {
    const { req, limits, resolve } = this.#options;
    const { over } = this.#life;
    this.#state = { name: 'answered', dialog };
    dialog.on('destroy', (bye) =>
      // The stack's own BYE says that no ACK came, or that the peer refreshes its session no more.
      this.#farEnd(bye.source === 'application' ? 'peer-unreachable' : this.#hungUp()),
    );
    const { media } = negotiation;
    const keyFrames = askForKeyFrames(dialog, media, over, this.#log);
    serveDialog(dialog, this.#log, {
      digit: (digit) => {
        if (!over.aborted) this.#events.digit(digit);
      },
      keyFrame: () => void media.requestKeyFrame().catch(() => undefined),
      mediaControlError: () => keyFrames.refused(),
      referred: (notify) => this.#referral?.notified(notify) ?? false,
    });
    const session: Session = {
      ...negotiation,
      dialog,
      current: null,
      limits,
      resolve,
      over,
      log: this.#log,
    };
    const ack = ackOf(dialog, req, limits.handshakeMs, this.#acked.signal);
    void ack.then(() => this.#acked.abort());
    return { session, settled: serveOffers(session, first), ack };
  }

  #hungUp(): EndReason {
    return this.#referral?.isTaken === true ? 'transferred' : 'caller-hung-up';
  }

  async #end(reason: EndReason, refusal: Refusal | null): Promise<void> {
    this.#life.finish(reason);
    try {
      await Promise.all([this.#wireDone ? undefined : this.#hangUp(reason, refusal), this.#media?.close()]);
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'leg did not end cleanly');
    } finally {
      this.#acked.abort();
      this.#onGone(this);
    }
  }

  async #hangUp(reason: EndReason, refusal: Refusal | null): Promise<void> {
    const { hangUpMs } = this.#options.limits;
    const state = this.#state;
    if (state.name === 'offered') {
      await refuse(this.#options.res, reason, this.#warning, refusal?.status ?? null);
      return;
    }
    if (state.name === 'accepting')
      await within<boolean>(hangUpMs, null, (settle) => void state.settled.then(() => settle(true)));
    if (this.#state.name === 'answered')
      await sayBye(this.#state.dialog, byeHeaders(reason, refusal), this.#acked.signal, hangUpMs);
  }

  async #orRefused<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** The refusal will say exactly what is wrong with the offer. */
  #refused(error: unknown): unknown {
    if (error instanceof OfferRefused) this.#warning = error.warning;
    return error;
  }

  /** The far end, or the way to it, is gone. */
  #farEnd(reason: EndReason): void {
    this.#wireDone = true;
    this.#acked.abort();
    if (this.#life.finish(reason)) this.#events.emit('ended', reason);
  }
}
