import { randomBytes } from 'node:crypto';
import type { CertificateFingerprint, LegSecurity } from '../ports.ts';
import type { OfferedDtls, Setup } from './dtls-attributes.ts';

type DtlsSecurity = Extract<LegSecurity, { kind: 'dtls' }>;

/** Our side of a dialog's DTLS association: who says hello, and whether it is still the same one. */
export class DtlsSession {
  /** Of the media node's certificate; none: it does no DTLS. Null: there is no node yet, and it is taken for able. */
  fingerprints: readonly CertificateFingerprint[] | null;
  #agreed: DtlsSecurity | null = null;
  #tlsId: { readonly peer: string; readonly own: string } | null = null;

  constructor(fingerprints: readonly CertificateFingerprint[] | null = null) {
    this.fingerprints = fingerprints;
  }

  /**
   * What an offer leads to, and the `a=setup` of its answer; null: nothing, as there is no association that it could
   * hold. `ice`: the way to the peer is found before the handshake.
   */
  answerTo(
    { fingerprints, setup, tlsId }: OfferedDtls,
    ice: boolean,
  ): { security: DtlsSecurity; setup: Setup } | null {
    const running = this.#agreed;
    const wanted = { fingerprints, ...(tlsId === undefined ? {} : { tlsId }) };
    // RFC 4145 §4.1: holdconn leaves the connection as it is.
    if (setup === 'holdconn')
      return running ? { security: { kind: 'dtls', setup: running.setup, ...wanted }, setup } : null;
    const role = setup === 'actpass' ? this.#choose(wanted, ice) : setup === 'active' ? 'passive' : 'active';
    return { security: { kind: 'dtls', setup: role, ...wanted }, setup: role };
  }

  /** For our own offer in a running session; null: it has no DTLS. */
  offer(): { tlsId: string | undefined } | null {
    return this.#agreed && { tlsId: this.tlsIdFor(this.#agreed.tlsId) };
  }

  /** What the answer to our offer leads to; null: it is none. */
  answered({ fingerprints, setup, tlsId }: OfferedDtls): DtlsSecurity | null {
    if (setup === 'actpass') return null;
    const role = setup === 'holdconn' ? this.#agreed?.setup : setup === 'active' ? 'passive' : 'active';
    return role
      ? { kind: 'dtls', setup: role, fingerprints, ...(tlsId === undefined ? {} : { tlsId }) }
      : null;
  }

  /** Ours goes with the peer's: for a new one of its there is a new one (RFC 8842 §5.3). */
  tlsIdFor(peer: string | undefined): string | undefined {
    if (peer === undefined) return undefined;
    if (this.#tlsId?.peer !== peer) this.#tlsId = { peer, own: randomBytes(18).toString('hex') };
    return this.#tlsId.own;
  }

  /** What both sides use from now on. */
  agree(security: LegSecurity | undefined): void {
    this.#agreed = security?.kind === 'dtls' ? security : null;
  }

  /**
   * Running associations keep their roles (RFC 5763 §6.6). A new one: with ICE we say hello, which is the faster way
   * (RFC 5763 §5); without, the peer does, whose hello shows where it is behind a NAT.
   */
  #choose(wanted: Pick<DtlsSecurity, 'fingerprints' | 'tlsId'>, ice: boolean): 'active' | 'passive' {
    const running = this.#agreed;
    const same =
      running &&
      running.tlsId === wanted.tlsId &&
      JSON.stringify(running.fingerprints) === JSON.stringify(wanted.fingerprints);
    if (same) return running.setup;
    return ice ? 'active' : 'passive';
  }
}
