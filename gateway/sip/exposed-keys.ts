import type { CallFacts, LegMediaConfig, Log } from '../ports.ts';

/**
 * RFC 4568 §7.1: keys in a session description are as secret as the signalling. Calls whose keys go over UDP or TCP are
 * carried all the same (most PBXs inside a company do so), and the administrator is told once for each trunk.
 */
export class ExposedKeys {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  look({ trunk, transport }: CallFacts, { security, video }: LegMediaConfig): void {
    const from = trunk ?? 'no trunk';
    const isExposed = security?.kind === 'sdes' || video?.security?.kind === 'sdes';
    if (!isExposed || /^(?:tls|wss)$/i.test(transport) || this.#told.has(from)) return;
    this.#told.add(from);
    this.#log.warn(
      { trunk, transport },
      'SRTP keys come over unencrypted signalling: whoever reads it can hear these calls; use TLS',
    );
  }
}
