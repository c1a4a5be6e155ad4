import { randomUUID } from 'node:crypto';
import { messageOf } from '../errors.ts';
import type { AudioCodec, Leg, Log, MediaNode, RefusedCall, SrtpPolicy, TrunkDirectory } from '../ports.ts';
import { reasonText } from '../reasons.ts';
import { admit } from './admission.ts';
import type { Refused } from './admission.ts';
import { factsAtLeast } from './call-facts.ts';
import type { Way } from './call-facts.ts';
import { allCapabilities } from './capabilities.ts';
import { notAllowed } from './dialog-requests.ts';
import { ExposedKeys } from './exposed-keys.ts';
import type { SipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import { resolveHost } from './media-address.ts';
import { waits } from './overlap.ts';
import { doorHeaders, refusalHeaders, sipEndings } from './reasons.ts';
import type { ServerConnection } from './server-connection.ts';
import type { SipLeg } from './sip-leg.ts';
import { createSipLeg } from './sip-leg.ts';
import { certifiedNames, transportOf } from './transport.ts';
import type { RequestHandler, SipRequest, SipResponse } from './srf-messages.ts';
import type { OutsideDialogs } from './srf.ts';
import { respond } from './srf.ts';

export interface SipDoorOptions {
  readonly media: Pick<MediaNode, 'openLeg'>;
  readonly trunks: TrunkDirectory;
  /** Whether media of callers who are no trunk's is encrypted; default: `prefer`. */
  readonly srtp?: SrtpPolicy;
  /** Whether callers who are no trunk's may have video; default: yes. */
  readonly video?: boolean;
  /** Whether anybody may, trunks that say so among them; default: yes. */
  readonly pictures?: boolean;
  /** Addresses of our media as peers see it, for each family one at most; none: the one it is bound to. */
  readonly publicAddresses: readonly string[];
  /** Audio codecs that calls may use; in our own offers in this order. */
  readonly codecs: readonly AudioCodec[];
  readonly log: Log;
  /** For tests; default: DNS. */
  readonly resolve?: ResolveHost;
}

/** Requests outside a dialog that need one; the others are methods that we don't have. */
const needDialog = ['info', 'notify', 'update'] as const;
const unknownMethods = ['message', 'subscribe', 'publish', 'register', 'refer'] as const;

/** What comes outside dialogs, by whichever server: makes legs of calls, and answers the rest. */
export class SipDoor {
  readonly #options: SipDoorOptions;
  readonly #limits: SipLimits;
  readonly #legs = new Set<SipLeg>();
  readonly #exposedKeys: ExposedKeys;
  #onLeg: ((leg: Leg) => void) | null = null;
  #onRefused: ((call: RefusedCall) => void) | null = null;
  #closing = false;

  constructor(options: SipDoorOptions, limits: SipLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#exposedKeys = new ExposedKeys(options.log);
  }

  open(onLeg: (leg: Leg) => void, onRefused: (call: RefusedCall) => void): void {
    this.#onLeg = onLeg;
    this.#onRefused = onRefused;
  }

  /** Turns away whoever comes, and ends whoever is there. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#legs].map((leg) => leg.end('shutting-down')));
  }

  requests(connection: ServerConnection): OutsideDialogs {
    const routes = new Map<string, RequestHandler>([
      ['invite', (req, res) => this.#invite(connection, req, res)],
      ['options', (_req, res) => this.#asked(res)],
    ]);
    for (const method of unknownMethods) routes.set(method, (_req, res) => void notAllowed(res));
    for (const method of needDialog) routes.set(method, (_req, res) => void respond(res, 481));
    return { routes, fallback: (req, res) => this.#unclaimed(req, res) };
  }

  /** RFC 3261 §11.2: OPTIONS gets what an INVITE would. */
  #asked(res: SipResponse): void {
    if (this.#closing) this.#stopping(res);
    else void respond(res, 200, { headers: allCapabilities });
  }

  #stopping(res: SipResponse): void {
    const { status, phrase } = sipEndings['shutting-down'];
    void respond(res, status, { phrase, headers: refusalHeaders('shutting-down') });
  }

  /** What belongs to no confirmed dialog. */
  #unclaimed(req: SipRequest, res: SipResponse): void {
    switch (req.method) {
      case 'ACK':
        break;
      case 'PRACK':
        // The edge has matched it to our 180 or 183, and the leg knows already. An offer of its (RFC 3262 §5) has to
        // wait: nothing is changed before the call is answered.
        void ((req.body ?? '') === '' ? respond(res, 200) : waits(res));
        break;
      // The SIP server itself ends a call by a BYE before the answer (RFC 3261 §15.1.2), as if it were a CANCEL.
      case 'BYE':
        void respond(res, 481);
        break;
      default:
        void notAllowed(res);
    }
  }

  #invite(connection: ServerConnection, req: SipRequest, res: SipResponse): void {
    const { media, trunks, srtp = 'prefer', video = true, pictures = true } = this.#options;
    const { publicAddresses, codecs, log } = this.#options;
    const transport = transportOf(req, connection.endpoint?.hostports ?? '');
    const trunk = trunks.findTrunk(req.source_address, transport, certifiedNames(req));
    const way: Way = { transport, trunk: trunk?.name ?? null };
    if (this.#closing) {
      this.#stopping(res);
      const { status } = sipEndings['shutting-down'];
      this.#tellRefused(req, way, 'shutting-down', { status, text: reasonText['shutting-down'] });
      return;
    }
    const admitted = admit(req, way, this.#limits.maxBodyBytes);
    if (!admitted.ok) {
      this.#refuse(req, res, way, admitted);
      return;
    }
    const { facts, body } = admitted;
    const { resolve = resolveHost } = this.#options;
    const leg = createSipLeg(
      {
        facts,
        req,
        res,
        body,
        connection,
        media,
        publicAddresses,
        codecs,
        srtp: trunk?.srtp ?? srtp,
        video: pictures && (trunk?.video ?? video),
        exposedKeys: this.#exposedKeys,
        limits: this.#limits,
        resolve,
        log,
      },
      (gone) => {
        this.#legs.delete(gone);
        connection.release(gone);
      },
    );
    this.#legs.add(leg);
    connection.legs.add(leg);
    try {
      this.#onLeg?.(leg);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'call could not be started');
      void leg.end('internal-error');
    }
  }

  #refuse(req: SipRequest, res: SipResponse, way: Way, refused: Refused): void {
    const { status, phrase, text, headers } = refused;
    this.#options.log.info(
      { status, detail: text, source: req.source_address },
      'INVITE refused at the door',
    );
    void respond(res, status, {
      ...(phrase === undefined ? {} : { phrase }),
      headers: { ...doorHeaders(status, text), ...headers },
    });
    // RFC 3261 §12.2.2: a request in a call that is over is no call of its own.
    if (status === 481) return;
    this.#tellRefused(req, way, 'bad-request', { status, text });
  }

  #tellRefused(
    req: SipRequest,
    way: Way,
    reason: RefusedCall['reason'],
    answer: RefusedCall['answer'],
  ): void {
    this.#onRefused?.({ id: randomUUID(), facts: factsAtLeast(req, way), reason, answer });
  }
}
