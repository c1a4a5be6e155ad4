import { randomUUID } from 'node:crypto';
import { GatewayError, messageOf } from '../errors.ts';
import type {
  AudioCodec,
  Edge,
  Leg,
  Log,
  MediaNode,
  PartStatus,
  RefusedCall,
  SrtpPolicy,
  Trunk,
  TrunkDirectory,
  TrunkState,
} from '../ports.ts';
import { reasonText } from '../reasons.ts';
import { admit } from './admission.ts';
import type { Refused } from './admission.ts';
import { factsAtLeast } from './call-facts.ts';
import type { Way } from './call-facts.ts';
import { allCapabilities } from './capabilities.ts';
import { within } from './deadline.ts';
import { notAllowed } from './dialog-requests.ts';
import { ExposedKeys } from './exposed-keys.ts';
import type { SipLimits } from './limits.ts';
import { defaultSipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import { resolveHost } from './media-address.ts';
import { waits } from './overlap.ts';
import { doorHeaders, refusalHeaders, sipEndings } from './reasons.ts';
import type { SipLeg } from './sip-leg.ts';
import { createSipLeg } from './sip-leg.ts';
import { certifiedNames, transportOf } from './transport.ts';
import { TrunkPings } from './trunk-pings.ts';
import type { Endpoint, SipRequest, SipResponse, SipStack } from './srf.ts';
import { createSipStack, respond } from './srf.ts';

export interface SipEdgeOptions {
  /** The drachtio server's admin port, embedded or real. */
  readonly connect: { readonly host: string; readonly port: number; readonly secret: string };
  /** The embedded edge's process; null: a real drachtio-server. */
  readonly embedded: { readonly pid: () => number | null } | null;
  readonly media: Pick<MediaNode, 'openLeg'>;
  readonly trunks: TrunkDirectory;
  /** All trunks; those that say so are pinged. None: nobody is. */
  readonly pinged?: () => readonly Trunk[];
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
  readonly limits?: Partial<SipLimits>;
  /** For tests; default: DNS. */
  readonly resolve?: ResolveHost;
  /** For tests; default: drachtio-srf. */
  readonly stack?: SipStack;
}

/** The server refused our secret: only a changed configuration helps. */
export class EdgeSecretRefused extends GatewayError {
  constructor(host: string, port: number) {
    super({
      code: 'EDGE_SECRET_REFUSED',
      httpStatus: 502,
      message: `The SIP server at ${host}:${port} refused the secret.`,
      remedy: 'Set drachtio.secret (DRACHTIO_SECRET) to the secret of that server.',
    });
  }
}

/** The SIP entrance: everything that drachtio hands to us outside a dialog. */
export function createSipEdge(options: SipEdgeOptions): Edge {
  return new SipEdge(options);
}

/** Requests outside a dialog that need one; the others are methods that we don't have. */
const needDialog = ['info', 'notify', 'update'] as const;
const unknownMethods = ['message', 'subscribe', 'publish', 'register', 'refer'] as const;

class SipEdge implements Edge {
  readonly protocol = 'sip';
  readonly #options: SipEdgeOptions;
  readonly #limits: SipLimits;
  readonly #stack: SipStack;
  readonly #legs = new Set<SipLeg>();
  readonly #exposedKeys: ExposedKeys;
  readonly #pings: TrunkPings;
  #onLeg: ((leg: Leg) => void) | null = null;
  #onRefused: ((call: RefusedCall) => void) | null = null;
  #state: PartStatus['state'] = 'starting';
  #detail = 'connecting';
  #endpoint: Endpoint | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SipEdgeOptions) {
    this.#options = options;
    this.#limits = { ...defaultSipLimits, ...options.limits };
    this.#stack = options.stack ?? createSipStack();
    this.#exposedKeys = new ExposedKeys(options.log);
    this.#pings = new TrunkPings({
      trunks: options.pinged ?? (() => []),
      connected: () => this.#state === 'up',
      stack: this.#stack,
      answerMs: this.#limits.pingMs,
      log: options.log,
    });
  }

  /**
   * Resolves when calls can come; without a server also after a while, since one that starts later is found
   * by itself (see `status`). Throws `EdgeSecretRefused`.
   */
  async start(onLeg: (leg: Leg) => void, onRefused: (call: RefusedCall) => void): Promise<void> {
    this.#onLeg = onLeg;
    this.#onRefused = onRefused;
    this.#routes();
    const { connect, log } = this.#options;
    const first = await within<'connected' | 'refused'>(this.#limits.connectMs, null, (settle) =>
      this.#stack.connect(connect, {
        connected: (endpoint) => {
          this.#connected(endpoint);
          settle('connected');
        },
        refused: () => {
          this.#lost('the secret was refused');
          settle('refused');
        },
        lost: (error) => this.#lost(error ? messageOf(error) : 'the connection was closed'),
      }),
    );
    if (first === 'refused') {
      this.#stack.disconnect();
      throw new EdgeSecretRefused(connect.host, connect.port);
    }
    this.#pings.start();
    if (first === null) log.warn({ host: connect.host, port: connect.port }, 'SIP server not reached yet');
  }

  status(): PartStatus {
    const { embedded } = this.#options;
    return {
      state: this.#state,
      embedded: embedded !== null,
      version: this.#endpoint?.version ?? null,
      pid: embedded?.pid() ?? null,
      ...(this.#detail === '' ? {} : { detail: this.#detail }),
    };
  }

  trunks(): readonly TrunkState[] {
    return this.#pings.states();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#pings.close();
    await Promise.all([...this.#legs].map((leg) => leg.end('shutting-down')));
    this.#stack.disconnect();
    this.#state = 'down';
    this.#detail = 'closed';
  }

  #routes(): void {
    this.#stack.route('invite', (req, res) => this.#invite(req, res));
    this.#stack.route('options', (_req, res) => this.#asked(res));
    for (const method of unknownMethods) this.#stack.route(method, (_req, res) => void notAllowed(res));
    for (const method of needDialog) this.#stack.route(method, (_req, res) => void respond(res, 481));
    this.#stack.fallback((req, res) => this.#unclaimed(req, res));
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
        // The edge has matched it to our 180; `ring` knows already. RFC 3262 §5: it may carry an offer only once the
        // INVITE's is answered, and nothing of ours before the 200 does that.
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

  #invite(req: SipRequest, res: SipResponse): void {
    const { media, trunks, srtp = 'prefer', video = true, pictures = true } = this.#options;
    const { publicAddresses, codecs, log } = this.#options;
    const transport = transportOf(req, this.#endpoint?.hostports ?? '');
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
        stack: this.#stack,
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
      (gone) => this.#legs.delete(gone),
    );
    this.#legs.add(leg);
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

  #connected(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    this.#state = 'up';
    // Our own edge listens where the configuration says; where somebody else's does, only it can tell.
    this.#detail = this.#options.embedded ? '' : endpoint.hostports;
    this.#options.log.info(
      { listens: endpoint.hostports, version: endpoint.version },
      'SIP server connected',
    );
  }

  #lost(detail: string): void {
    if (this.#closing) return;
    if (this.#state === 'up') this.#options.log.warn({ detail }, 'SIP server lost, trying again');
    this.#state = 'down';
    this.#detail = detail;
    for (const leg of [...this.#legs]) leg.edgeLost();
  }
}
