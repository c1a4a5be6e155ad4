import { randomUUID } from 'node:crypto';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type {
  AudioCodec,
  CallFacts,
  DialogPlace,
  Log,
  MediaLeg,
  MediaNode,
  OutgoingLeg,
  OutgoingLegEvents,
  SrtpPolicy,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { authenticated, contactOf } from './authenticated-dialog.ts';
import { failureOf } from './call-failures.ts';
import { within } from './deadline.ts';
import { serveDialog } from './dialog-requests.ts';
import { Digest } from './digest.ts';
import type { Credentials } from './digest.ts';
import { DtlsSession } from './dtls-session.ts';
import type { ExposedKeys } from './exposed-keys.ts';
import { sendKeysByInfo } from './info-keys.ts';
import type { Invitation } from './invitation.ts';
import { InviteAttempts } from './invite-attempts.ts';
import { LegEmitter } from './leg-emitter.ts';
import { LegLife } from './leg-life.ts';
import { sayBye, showsLife } from './leg-requests.ts';
import { openNegotiation } from './leg-session.ts';
import type { SipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import { waits } from './overlap.ts';
import { openLegInTime } from './open-leg.ts';
import type { Redirection } from './redirection.ts';
import { byeHeaders } from './reasons.ts';
import type { Session } from './renegotiation.ts';
import { apply, readAnswerIn, serveOffers } from './renegotiation.ts';
import { SdesKeys } from './sdes-keys.ts';
import type { ConnectedLeg } from './server-connection.ts';
import type { SipDialog, SipResponse } from './srf-messages.ts';
import type { SipStack } from './srf.ts';
import { respond } from './srf.ts';

export interface OutgoingLegOptions {
  readonly invitation: Invitation;
  /** What it goes by. */
  readonly connection: { readonly server: string; readonly stack: Pick<SipStack, 'call'> };
  readonly media: Pick<MediaNode, 'openLeg'>;
  /** See `SipEdgeOptions`. */
  readonly publicAddresses: readonly string[];
  /** Offered in this order. */
  readonly codecs: readonly AudioCodec[];
  readonly srtp: SrtpPolicy;
  /** Read when it is called; null: who asks for it is told nothing. Rejects where there is none. */
  readonly credentials: () => Promise<Credentials | null>;
  readonly redirection: Redirection;
  readonly exposedKeys: Pick<ExposedKeys, 'look'>;
  readonly limits: SipLimits;
  readonly resolve: ResolveHost;
  readonly log: Log;
}

export type SipOutgoingLeg = OutgoingLeg & ConnectedLeg;

/** An INVITE of ours and its dialog. `onGone` runs once, when the leg holds nothing any more. */
export function createOutgoingLeg(
  options: OutgoingLegOptions,
  onGone: (leg: SipOutgoingLeg) => void,
): SipOutgoingLeg {
  return new CallingLeg(options, onGone);
}

/** A session whose dialog is still to come: forks may answer, and ring, one after the other. */
type Draft = Omit<Session, 'dialog'>;

type Shape = Parameters<Session['sdp']['readAnswer']>[1];

const acked = AbortSignal.abort();

class CallingLeg implements SipOutgoingLeg {
  readonly id = randomUUID();
  readonly facts: CallFacts;
  readonly #options: OutgoingLegOptions;
  readonly #onGone: (leg: SipOutgoingLeg) => void;
  readonly #log: Log;
  readonly #events = new LegEmitter();
  readonly #life = new LegLife();
  #invite: InviteAttempts | null = null;
  #dialog: SipDialog | null = null;
  /** What was described before the answer is carried out in its order. */
  #described: Promise<void> = Promise.resolve();
  /** What was agreed on, and is carried out. */
  #draft: Draft | null = null;
  /** By INFO, one after the other. */
  #keys: Promise<void> = Promise.resolve();
  #isRinging = false;
  #isEarly = false;
  #wireDone = false;
  #media: MediaLeg | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: OutgoingLegOptions, onGone: (leg: SipOutgoingLeg) => void) {
    this.#options = options;
    this.#onGone = onGone;
    this.facts = options.invitation.facts;
    this.#log = options.log.child({ leg: this.id, trunk: this.facts.trunk });
  }

  get dialog(): DialogPlace | null {
    return this.#dialog && { server: this.#options.connection.server, dialog: this.#dialog.id };
  }

  on<E extends keyof OutgoingLegEvents>(event: E, listener: (...args: OutgoingLegEvents[E]) => void): void {
    this.#events.on(event, listener);
  }

  async call(): Promise<MediaLeg> {
    const { publicAddresses, codecs, exposedKeys, limits, resolve, srtp } = this.#options;
    const digest = await this.#digest();
    const media = await this.#openMedia();
    const security = { policy: srtp, keys: new SdesKeys(), dtls: new DtlsSession() };
    const negotiation = openNegotiation(
      {
        ...{ facts: this.facts, publicAddresses, codecs, exposedKeys, limits },
        ...{ receivedOn: undefined, peer: this.facts.source.address, video: false, ice: false },
      },
      media,
      security,
      this.#log,
    );
    const { over } = this.#life;
    const draft: Draft = { ...negotiation, current: null, limits, resolve, over, log: this.#log };
    this.#draft = draft;
    const { offerSdp, shape } = negotiation.sdp.offer();
    negotiation.sdp.commit(offerSdp, shape);
    this.#invite = this.#attempts(offerSdp, digest, draft, shape);
    const outcome = await this.#invite.run();
    if (outcome.kind === 'failed') throw this.#failed(outcome.res);
    // RFC 3261 §13.2.1: who has answered the offer reliably before need not do so again.
    await this.#describe(outcome.res, draft, shape);
    this.#life.throwIfOver();
    if (draft.current === null) throw new LegError('not-compatible');
    outcome.settled();
    return media;
  }

  async press(keys: string): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog || this.#life.over.aborted) return;
    if (this.#draft?.current?.keyPayloadType !== undefined) {
      await this.#media?.press(keys);
      return;
    }
    this.#keys = this.#keys
      .then(() => sendKeysByInfo(dialog, keys, this.#life.over))
      .then((isSent) => {
        if (!isSent) this.#log.info({}, 'the far end takes no keys');
      });
    await this.#keys;
  }

  end(reason: EndReason): Promise<void> {
    return (this.#ending ??= this.#end(reason));
  }

  async isAlive(): Promise<boolean> {
    const { over } = this.#life;
    if (over.aborted || !this.#dialog) return !over.aborted;
    return showsLife(this.#dialog, this.#options.limits.aliveMs, over);
  }

  edgeLost(): void {
    if (!this.#dialog) this.#farEnd('trunk-unavailable');
  }

  async #digest(): Promise<Digest | null> {
    try {
      const credentials = await this.#options.credentials();
      return credentials && new Digest(credentials);
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, 'password of the trunk can not be read');
      throw new LegError('trunk-refused', error);
    }
  }

  async #openMedia(): Promise<MediaLeg> {
    this.#life.throwIfOver();
    const media = await openLegInTime(this.#options.media, this.id, this.#options.limits.mediaMs);
    // Whoever called may have gone while the node worked; `end` did not know of this leg then.
    if (this.#ending) await media.close();
    else this.#media = media;
    this.#life.throwIfOver();
    return media;
  }

  #attempts(localSdp: string, digest: Digest | null, draft: Draft, shape: Shape): InviteAttempts {
    const { connection, invitation, redirection, limits } = this.#options;
    return new InviteAttempts({
      ...{ stack: connection.stack, invitation, localSdp, digest, redirection },
      ...{ sessionSeconds: limits.sessionSeconds, life: this.#life, log: this.#log },
      progress: (res) => {
        if (res.status === 180) this.#rings();
        void this.#describe(res, draft, shape);
      },
      answered: (plain, res, uri) => {
        const dialog = digest ? authenticated(plain, digest, contactOf(res) ?? uri) : plain;
        if (this.#life.over.aborted)
          dialog.destroy({ headers: byeHeaders('caller-hung-up') }, () => undefined);
        return this.#adopt(dialog, draft);
      },
      // RFC 3311 §5.1: an offer of theirs can only come once ours is answered; it may do so again then.
      update: (req, res) => void ((req.body ?? '') === '' ? respond(res, 200) : waits(res)),
    });
  }

  #rings(): void {
    if (this.#isRinging || this.#life.over.aborted) return;
    this.#isRinging = true;
    this.#events.emit('ringing');
  }

  /** Carries out what a response describes; of several the last counts. */
  #describe(res: SipResponse, draft: Draft, shape: Shape): Promise<void> {
    const work = async (): Promise<void> => {
      const at = { ...draft, ends: { ...draft.ends, peer: res.source_address || draft.ends.peer } };
      const config = await readAnswerIn(at, res, shape);
      if (config === null || config === 'over') return;
      await inTime(draft.limits.mediaMs, 'media-unavailable', apply(draft, config));
      if (this.#isEarly || res.status >= 200 || draft.over.aborted) return;
      this.#isEarly = true;
      this.#events.emit('early', draft.media);
    };
    const described = this.#described.then(work);
    this.#described = described.catch((error: unknown) =>
      this.#log.warn({ error: messageOf(error) }, 'early media can not be heard'),
    );
    return res.status >= 200 ? described : this.#described;
  }

  /** Listens to all of the dialog at once: the library answers by itself what nobody listens to. */
  #adopt(dialog: SipDialog, draft: Draft): () => void {
    this.#dialog = dialog;
    const { over } = this.#life;
    dialog.on('destroy', (bye) =>
      this.#farEnd(bye.source === 'application' ? 'peer-unreachable' : 'other-side-hung-up'),
    );
    serveDialog(dialog, this.#log, {
      digit: (digit) => {
        if (!over.aborted) this.#events.digit(digit);
      },
      keyFrame: () => undefined,
      mediaControlError: () => undefined,
      referred: () => false,
    });
    return serveOffers(Object.assign(draft, { dialog }), 'our-offer');
  }

  #failed(res: SipResponse | null): LegError {
    const reason = failureOf(res);
    this.#log.info({ status: res?.status ?? null, reason }, 'call out not answered');
    this.#wireDone = true;
    return new LegError(reason);
  }

  async #end(reason: EndReason): Promise<void> {
    this.#life.finish(reason);
    try {
      await Promise.all([this.#wireDone ? undefined : this.#hangUp(reason), this.#media?.close()]);
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'leg did not end cleanly');
    } finally {
      this.#onGone(this);
    }
  }

  async #hangUp(reason: EndReason): Promise<void> {
    const { hangUpMs } = this.#options.limits;
    if (this.#dialog) {
      await sayBye(this.#dialog, byeHeaders(reason), acked, hangUpMs);
      return;
    }
    const decided = this.#invite?.decided ?? Promise.resolve();
    this.#invite?.cancel(byeHeaders(reason));
    await within<boolean>(hangUpMs, null, (settle) => void decided.then(() => settle(true)));
  }

  /** The far end, or the way to it, is gone. */
  #farEnd(reason: EndReason): void {
    this.#wireDone = true;
    if (this.#life.finish(reason)) this.#events.emit('ended', reason);
  }
}
