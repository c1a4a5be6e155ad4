import { DtlsAssociation } from '../../mcu/dtls/association.ts';
import type { DtlsFailure, DtlsOptions, Place } from '../../mcu/dtls/association.ts';
import { fingerprintOf } from '../../mcu/dtls/fingerprint.ts';
import { makeIdentity } from '../../mcu/dtls/identity.ts';
import type { DtlsIdentity } from '../../mcu/dtls/identity.ts';
import type { SrtpKeys } from '../../mcu/dtls/srtp-profiles.ts';

/** One end of a DTLS association in memory, and what it told. */
export interface DtlsEnd {
  readonly association: DtlsAssociation;
  readonly place: Place;
  keys: SrtpKeys | null;
  failure: DtlsFailure | null;
  detail: string;
}

export const identities = { client: makeIdentity(), server: makeIdentity() };

/** What happens to a datagram on its way: the datagrams that arrive instead. */
export type Wire = (datagram: Buffer, from: 'client' | 'server', index: number) => readonly Buffer[];

export interface PairOptions {
  readonly wire?: Wire;
  /** Takes what the server sends elsewhere than to the client. */
  readonly onStray?: (datagram: Buffer, to: Place) => void;
  readonly client?: Partial<DtlsOptions>;
  readonly server?: Partial<DtlsOptions>;
}

/** A client and a server with a wire between them that delivers in a later turn; both are started. */
export function dtlsPair({ wire = (datagram) => [datagram], onStray, ...options }: PairOptions = {}) {
  const counts = { client: 0, server: 0 };
  const carry = (from: 'client' | 'server', datagram: Buffer) => {
    for (const one of wire(Buffer.from(datagram), from, counts[from]++)) {
      setImmediate(() => {
        const [source, sink] = from === 'client' ? [client, server] : [server, client];
        sink.association.receive(one, source.place);
      });
    }
  };
  const client: DtlsEnd = dtlsEnd('active', identities.client, identities.server, 1, {
    send: (datagram) => carry('client', datagram),
    isPeer: ({ port }) => port === server.place.port,
    ...options.client,
  });
  const server: DtlsEnd = dtlsEnd('passive', identities.server, identities.client, 2, {
    send: (datagram, to) => {
      if (to && to.port !== client.place.port) onStray?.(datagram, to);
      else carry('server', datagram);
    },
    ...options.server,
  });
  server.association.start();
  client.association.start();
  return { client, server };
}

/** One end alone. */
export function dtlsEnd(
  setup: DtlsOptions['setup'],
  own: DtlsIdentity,
  peer: DtlsIdentity,
  port: number,
  options: Partial<DtlsOptions> & Pick<DtlsOptions, 'send'>,
): DtlsEnd {
  const end: Omit<DtlsEnd, 'association'> = {
    place: { address: '192.0.2.1', port },
    keys: null,
    failure: null,
    detail: '',
  };
  return Object.assign(end, {
    association: new DtlsAssociation({
      setup,
      identity: own,
      fingerprints: [fingerprintOf(peer.certificate)],
      deadlineMs: 10_000,
      isPeer: setup === 'active' ? () => true : null,
      onVerified: () => undefined,
      onKeys: (keys) => (end.keys = keys),
      onFailed: (failure, detail) => {
        end.failure = failure;
        end.detail = detail;
      },
      ...options,
    }),
  });
}
