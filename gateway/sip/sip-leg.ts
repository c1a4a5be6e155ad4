import { randomInt, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type {
  AudioCodec,
  CallFacts,
  Leg,
  LegEvents,
  LegMediaConfig,
  Log,
  MediaLeg,
  MediaNode,
  SrtpPolicy,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { ackOf } from './ack.ts';
import type { SdpBody } from './body.ts';
import { capabilities, tokens } from './capabilities.ts';
import { within } from './deadline.ts';
import { serveDialog } from './dialog-requests.ts';
import type { ExposedKeys } from './exposed-keys.ts';
import { DtlsSession } from './dtls-session.ts';
import { IceSession } from './ice-session.ts';
import type { SipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import { announcedAddress, withAddress } from './media-address.ts';
import { unusable } from './audio-line.ts';
import type { Unusable } from './audio-line.ts';
import { offerProblem } from './offer-answer.ts';
import type { LocalMedia } from './offer-answer.ts';
import { refuse, sayBye, showsLife } from './leg-requests.ts';
import type { SipWarning } from './reasons.ts';
import type { Session } from './renegotiation.ts';
import { ringReliably } from './reliable-ring.ts';
import { apply, readAck, serveOffers } from './renegotiation.ts';
import { SdesKeys } from './sdes-keys.ts';
import { createSdpSession } from './sdp-session.ts';
import type { SipDialog, SipRequest, SipResponse, SipStack } from './srf.ts';
import { respond } from './srf.ts';

/** Longer than any PIN. */
const mostTypedAhead = 32;

export interface SipLegOptions {
  readonly facts: CallFacts;
  readonly req: SipRequest;
  readonly res: SipResponse;
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
  readonly stack: Pick<SipStack, 'accept'>;
  readonly media: Pick<MediaNode, 'openLeg'>;
  /** See `SipEdgeOptions`. */
  readonly publicAddresses: readonly string[];
  /** Audio codecs that calls may use; in our own offers in this order. */
  readonly codecs: readonly AudioCodec[];
  /** Whether media is encrypted. */
  readonly srtp: SrtpPolicy;
  readonly exposedKeys: Pick<ExposedKeys, 'look'>;
  readonly limits: SipLimits;
  readonly resolve: ResolveHost;
  readonly log: Log;
}

export interface SipLeg extends Leg {
  /** The way to the SIP server is gone. A call that talks goes on; one that is not answered can't. */
  edgeLost(): void;
  /** A BYE before the answer gives the call up, like a CANCEL (RFC 3261 §15). */
  byeBeforeAnswer(): void;
}

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
  readonly #events = new EventEmitter();
  /** Digits that came in one read with the stack's word on our 200, before anybody could listen. */
  readonly #typedAhead: string[] = [];
  /** Aborted when the dialog, or the try to have one, is over. */
  readonly #over = new AbortController();
  /** Aborted when the 200's ACK is here, or is not to be waited for any more. */
  readonly #acked = new AbortController();
  #state: State = { name: 'offered' };
  #endReason: EndReason | null = null;
  /** There is nothing left to refuse or to hang up. */
  #wireDone = false;
  #warning: SipWarning | undefined;
  #media: MediaLeg | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: SipLegOptions, onGone: (leg: SipLeg) => void) {
    this.#options = options;
    this.#onGone = onGone;
    this.facts = options.facts;
    this.#security = { policy: options.srtp, keys: new SdesKeys(), dtls: new DtlsSession() };
    this.#log = options.log.child({ leg: this.id, sipCallId: options.facts.wireCallId });
    options.req.on('cancel', () => this.#farEnd('caller-cancelled'));
    // RFC 3311 §5.2: before the INVITE's offer is answered, another one has to wait.
    options.req.on('update', (req, res) => {
      if ((req.body ?? '') === '') void respond(res, 200);
      else void respond(res, 500, { headers: { 'Retry-After': String(randomInt(0, 11)) } });
    });
  }

  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
    if (event !== 'digit') return;
    for (const digit of this.#typedAhead.splice(0)) this.#events.emit('digit', digit);
  }

  async ring(): Promise<void> {
    if (this.#state.name !== 'offered' || this.#over.signal.aborted) return;
    const { req, res, body, limits, codecs: supported } = this.#options;
    // RFC 3261 §13.3.1.1: who can't be answered must not hear it ring.
    const problem =
      body.kind === 'sdp' ? offerProblem(body.sdp, { supported, security: this.#security }) : null;
    if (problem) this.#refuse(problem);
    if (!tokens(req.get('require')?.toLowerCase()).includes('100rel')) await respond(res, 180);
    // RFC 3262 §5: the first reliable response to an INVITE without offer has to carry ours, and media is not
    // open yet; the 200 will do.
    else if (body.kind === 'sdp') {
      const pracked = await ringReliably(res, limits.handshakeMs, this.#over.signal);
      this.#throwIfOver();
      if (pracked === null) throw new LegError('peer-unreachable');
    }
  }

  async answer(): Promise<MediaLeg> {
    if (this.#state.name !== 'offered') throw new Error('a leg is answered once');
    const media = await this.#openMedia();
    const { body, req, publicAddresses, codecs } = this.#options;
    const localAddress = announcedAddress({
      configured: publicAddresses,
      bound: media.local.address,
      receivedOn: req.receivedOn,
      peer: req.source_address,
    });
    this.#security.dtls.fingerprints = media.local.fingerprints ?? [];
    const sdp = createSdpSession({
      address: localAddress,
      rtpPort: media.local.rtpPort,
      rtcpPort: media.local.rtcpPort,
      sessionId: randomInt(1, 2 ** 47),
      supported: codecs,
      security: this.#security,
      ice: media.local.ice ? new IceSession(media.local.ice) : null,
    });
    const ends = { local: localAddress, peer: req.source_address };
    if (body.kind === 'sdp') await this.#answerTheirs(body.sdp, { media, sdp, ends });
    else await this.#offerOurs({ media, sdp, ends });
    return media;
  }

  end(reason: EndReason): Promise<void> {
    return (this.#ending ??= this.#end(reason));
  }

  async isAlive(): Promise<boolean> {
    const state = this.#state;
    if (this.#over.signal.aborted || state.name !== 'answered') return !this.#over.signal.aborted;
    return showsLife(state.dialog, this.#options.limits.aliveMs, this.#over.signal);
  }

  edgeLost(): void {
    if (this.#state.name !== 'answered') this.#farEnd('peer-unreachable');
  }

  byeBeforeAnswer(): void {
    if (this.#state.name !== 'offered') return;
    void respond(this.#options.res, 487);
    this.#farEnd('caller-cancelled');
  }

  async #openMedia(): Promise<MediaLeg> {
    this.#throwIfOver();
    const opening = this.#options.media.openLeg(this.id);
    const media = await inTime(this.#options.limits.mediaMs, 'media-unavailable', opening).catch(
      (error: unknown) => {
        // A leg that comes too late has no owner.
        void opening.then(
          (late) => late.close(),
          () => undefined,
        );
        throw new LegError('media-unavailable', error);
      },
    );
    // The caller may have gone while the node worked; `end` did not know of this leg then.
    if (this.#ending) await media.close();
    else this.#media = media;
    this.#throwIfOver();
    return media;
  }

  async #answerTheirs(offerSdp: string, parts: Parts): Promise<void> {
    const answer = this.#usable(parts.sdp.answer(offerSdp));
    const { resolve, limits } = this.#options;
    const config = await withAddress(answer, parts.ends, resolve, limits.resolveMs);
    if (!config)
      return this.#refuse(
        unusable('bad-offer', 301, `No address is known for ${answer.media.remote.address}`),
      );
    // Before the 200: whoever gets it may speak and type at once. But nothing is sent yet: an INVITE's addresses
    // are only claimed until the ACK shows that our answer got there, and a flood must find no amplifier here.
    const listening = { ...config, direction: withoutSending[config.direction] };
    await this.#configure(parts, listening);
    const { session, settled, ack } = await this.#accept(answer.answerSdp, parts, 'their-offer');
    session.current = listening;
    parts.sdp.commit(answer.answerSdp, answer.shape, answer.media);
    settled();
    const confirmed = await ack;
    this.#throwIfOver();
    if (confirmed === null) throw new LegError('peer-unreachable');
    // Unless a re-INVITE was faster.
    if (session.current === listening) await apply(session, config);
  }

  /** RFC 3261 §13.3.1: an INVITE without offer gets ours in the 200; the answer is in the ACK. */
  async #offerOurs(parts: Parts): Promise<void> {
    const { offerSdp, shape } = parts.sdp.offer();
    const { session, settled, ack } = await this.#accept(offerSdp, parts, 'our-offer');
    parts.sdp.commit(offerSdp, shape);
    const answered = await ack;
    const config = await readAck(session, answered, shape);
    this.#throwIfOver();
    if (config === null || config === 'over') throw new LegError(answered ? 'bad-offer' : 'peer-unreachable');
    await this.#configure(parts, config);
    session.current = config;
    settled();
  }

  async #configure({ media }: Parts, config: LegMediaConfig): Promise<void> {
    this.#options.exposedKeys.look(this.facts, config);
    try {
      await inTime(this.#options.limits.mediaMs, 'media-unavailable', media.configure(config));
    } catch (error) {
      throw new LegError('media-unavailable', error);
    }
    this.#throwIfOver();
  }

  async #accept(localSdp: string, parts: Parts, first: 'their-offer' | 'our-offer'): Promise<Accepted> {
    this.#throwIfOver();
    const { req, res, stack, limits } = this.#options;
    const accepted = new Promise<Accepted>((resolve, reject) => {
      stack.accept(req, res, { localSdp, headers: { ...capabilities } }, (error, dialog) => {
        if (dialog) {
          resolve(this.#adopt(dialog, parts, first));
          return;
        }
        // The stack takes no 200 when a CANCEL was there first.
        this.#farEnd('caller-cancelled');
        reject(new LegError('caller-cancelled', error));
      });
    });
    this.#state = { name: 'accepting', settled: accepted.catch(() => undefined) };
    return Promise.race([inTime(limits.acceptMs, 'internal-error', accepted), this.#whenOver()]);
  }

  #whenOver(): Promise<never> {
    return new Promise((_resolve, reject) => {
      const give = (): void => reject(new LegError(this.#endReason ?? 'internal-error'));
      if (this.#over.signal.aborted) give();
      else this.#over.signal.addEventListener('abort', give, { once: true });
    });
  }

  /** Listens to all of the dialog at once: the library answers by itself what nobody listens to. */
  #adopt(dialog: SipDialog, parts: Parts, first: 'their-offer' | 'our-offer'): Accepted {
    const { limits, resolve } = this.#options;
    this.#state = { name: 'answered', dialog };
    dialog.on('destroy', (bye) =>
      // The stack's own BYE says that no ACK came.
      this.#farEnd(bye.source === 'application' ? 'peer-unreachable' : 'caller-hung-up'),
    );
    serveDialog(dialog, this.#log, (digit) => {
      if (this.#over.signal.aborted) return;
      if (!this.#events.emit('digit', digit) && this.#typedAhead.length < mostTypedAhead)
        this.#typedAhead.push(digit);
    });
    const session: Session = {
      ...parts,
      dialog,
      current: null,
      limits,
      resolve,
      over: this.#over.signal,
      log: this.#log,
    };
    const ack = ackOf(dialog, this.#options.req, limits.handshakeMs, this.#acked.signal);
    void ack.then(() => this.#acked.abort());
    return { session, settled: serveOffers(session, first), ack };
  }

  async #end(reason: EndReason): Promise<void> {
    this.#endReason ??= reason;
    this.#over.abort();
    try {
      await Promise.all([this.#wireDone ? undefined : this.#hangUp(reason), this.#media?.close()]);
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'leg did not end cleanly');
    } finally {
      this.#acked.abort();
      this.#onGone(this);
    }
  }

  async #hangUp(reason: EndReason): Promise<void> {
    const { hangUpMs } = this.#options.limits;
    const state = this.#state;
    if (state.name === 'offered') {
      await refuse(this.#options.res, reason, this.#warning);
      return;
    }
    if (state.name === 'accepting')
      await within<boolean>(hangUpMs, null, (settle) => void state.settled.then(() => settle(true)));
    if (this.#state.name === 'answered')
      await sayBye(this.#state.dialog, reason, this.#acked.signal, hangUpMs);
  }

  /** The far end, or the way to it, is gone. */
  #farEnd(reason: EndReason): void {
    this.#wireDone = true;
    this.#acked.abort();
    if (this.#over.signal.aborted) return;
    this.#endReason = reason;
    this.#over.abort();
    this.#events.emit('ended', reason);
  }

  #throwIfOver(): void {
    if (this.#over.signal.aborted) throw new LegError(this.#endReason ?? 'internal-error');
  }

  #usable<T extends { readonly ok: true }>(result: T | Unusable): T {
    return result.ok ? result : this.#refuse(result);
  }

  #refuse({ reason, warning }: Unusable): never {
    this.#warning = warning;
    this.#log.info({ reason, detail: warning.text }, 'offer refused');
    throw new LegError(reason);
  }
}

const withoutSending = {
  sendrecv: 'recvonly',
  recvonly: 'recvonly',
  sendonly: 'inactive',
  inactive: 'inactive',
} as const satisfies Record<LegMediaConfig['direction'], LegMediaConfig['direction']>;

type Parts = Pick<Session, 'media' | 'sdp' | 'ends'>;

interface Accepted {
  readonly session: Session;
  readonly settled: () => void;
  /** The 200's ACK; null: it did not come, or the call is over. */
  readonly ack: Promise<SipRequest | null>;
}
