import { LegError } from '../errors.ts';
import type { AudioCodec, CallOut, Log, MediaNode, NamedSecret, OutgoingLeg, Trunk } from '../ports.ts';
import { ExposedKeys } from './exposed-keys.ts';
import { invitationTo } from './invitation.ts';
import type { SipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import { resolveHost } from './media-address.ts';
import { createOutgoingLeg } from './outgoing-leg.ts';
import { Redirection } from './redirection.ts';
import type { ServerConnection } from './server-connection.ts';

export interface SipCallerOptions {
  readonly media: Pick<MediaNode, 'openLeg'>;
  readonly publicAddresses: readonly string[];
  /** Audio codecs that calls may use. */
  readonly codecs: readonly AudioCodec[];
  /** Reads the passwords of trunks, when they are needed; rejects when there is none. */
  readonly readSecret?: (secret: NamedSecret) => Promise<string>;
  readonly resolve?: ResolveHost;
  readonly log: Log;
}

/** Calls out, by whichever server is connected. */
export class SipCaller {
  readonly #options: SipCallerOptions;
  readonly #limits: SipLimits;
  /** Null: none is connected. */
  readonly #connection: () => ServerConnection | null;
  readonly #legs = new Set<OutgoingLeg>();
  readonly #exposedKeys: ExposedKeys;
  #closing = false;

  constructor(options: SipCallerOptions, limits: SipLimits, connection: () => ServerConnection | null) {
    this.#options = options;
    this.#limits = limits;
    this.#connection = connection;
    this.#exposedKeys = new ExposedKeys(options.log);
  }

  /** Throws `LegError`. */
  callOut(call: CallOut): OutgoingLeg {
    if (this.#closing) throw new LegError('shutting-down');
    const invitation = invitationTo(call);
    if (invitation === null) throw new LegError('call-loops');
    const connection = this.#connection();
    if (connection === null) throw new LegError('trunk-unavailable', new Error('no SIP server is connected'));
    const { trunk } = call;
    const { media, publicAddresses, codecs, resolve = resolveHost, log } = this.#options;
    const wanted = trunk.codecs ?? codecs;
    const leg = createOutgoingLeg(
      {
        ...{ invitation, connection, media, publicAddresses, resolve, log, srtp: trunk.srtp },
        codecs: wanted.filter((codec) => codecs.includes(codec)),
        redirection: new Redirection(trunk, call.number, invitation.uris),
        credentials: () => this.#credentials(trunk),
        exposedKeys: this.#exposedKeys,
        limits: this.#limits,
      },
      (gone) => {
        this.#legs.delete(gone);
        connection.release(gone);
      },
    );
    this.#legs.add(leg);
    connection.legs.add(leg);
    return leg;
  }

  /** Ends whoever is called. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#legs].map((leg) => leg.end('shutting-down')));
  }

  async #credentials({ auth }: Trunk) {
    if (auth === undefined) return null;
    const { readSecret } = this.#options;
    if (!readSecret) throw new Error('no secrets can be read here');
    return { username: auth.user, password: await readSecret(auth.password) };
  }
}
