import { randomBytes } from 'node:crypto';
import type { IceCredentials, LegIce, RemoteIce } from '../ports.ts';

/** Our ICE credentials over one dialog: the same as long as the peer's are, new ones with new ones (RFC 8839 §4.4.1.1.1). */
export class IceSession {
  readonly mode: 'full' | 'lite';
  #agreed: LegIce | null = null;
  /** For an offer that is not agreed yet; the same offer gets the same answer. */
  #draft: { readonly key: string; readonly local: IceCredentials } | null = null;

  constructor(mode: 'full' | 'lite') {
    this.mode = mode;
  }

  /** The session that an offer leads to. RFC 8445 §6.1.1: who offers controls, but a lite peer never does. */
  answerTo(remote: RemoteIce): LegIce {
    const key = keyOf(remote);
    const running = this.#agreed;
    if (running && keyOf(running.remote) === key) return { ...running, remote };
    if (this.#draft?.key !== key) this.#draft = { key, local: newCredentials() };
    return { local: this.#draft.local, remote, controlling: this.mode === 'full' && remote.lite };
  }

  /** For our own offer in a running session: no restart. Null: it has no ICE. */
  offer(): IceCredentials | null {
    return this.#agreed?.local ?? null;
  }

  /** The session that the answer to our offer leads to; null: we offered none. */
  answered(remote: RemoteIce): LegIce | null {
    const running = this.#agreed;
    if (!running) return null;
    const same = keyOf(running.remote) === keyOf(remote);
    return { local: running.local, remote, controlling: same ? running.controlling : this.mode === 'full' };
  }

  /** What both sides use from now on. */
  agree(ice: LegIce | undefined): void {
    this.#agreed = ice ?? null;
    this.#draft = null;
  }
}

function keyOf({ ufrag, pwd }: IceCredentials): string {
  return `${ufrag} ${pwd}`;
}

/** 48 and 144 random bits (RFC 8445 §5.3 wants 24 and 128). */
function newCredentials(): IceCredentials {
  return { ufrag: randomBytes(6).toString('base64'), pwd: randomBytes(18).toString('base64') };
}
