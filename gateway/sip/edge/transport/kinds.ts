export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
/** What carries messages over connections. */
export type StreamName = Exclude<TransportName, 'udp'>;

interface TransportKind {
  /** Lost messages are its own business (RFC 3261 §17): nothing is repeated. */
  readonly reliable: boolean;
  readonly secure: boolean;
  /** RFC 3261 §19.1.2 and §18.2.2, RFC 7118 §5.2: in a Via or URI that names none. */
  readonly defaultPort: number;
  /** Value of the `transport` parameter in a URI of ours; undefined: none is needed. RFC 7118 has one for both. */
  readonly uriParam: string | undefined;
  /** What drachtio-server calls it in its admin protocol, where WebSockets are connections like others. */
  readonly adminName: 'udp' | 'tcp' | 'tls';
}

export const kinds: Readonly<Record<TransportName, TransportKind>> = {
  udp: { reliable: false, secure: false, defaultPort: 5060, uriParam: undefined, adminName: 'udp' },
  tcp: { reliable: true, secure: false, defaultPort: 5060, uriParam: 'tcp', adminName: 'tcp' },
  tls: { reliable: true, secure: true, defaultPort: 5061, uriParam: 'tls', adminName: 'tls' },
  ws: { reliable: true, secure: false, defaultPort: 80, uriParam: 'ws', adminName: 'tcp' },
  wss: { reliable: true, secure: true, defaultPort: 443, uriParam: 'ws', adminName: 'tcp' },
};

export function isStream(transport: TransportName): transport is StreamName {
  return transport !== 'udp';
}

/** Only its client can open such a connection (RFC 7118 §5): what it carried can't be carried by another. */
export function isWebSocket(transport: TransportName): transport is 'ws' | 'wss' {
  return transport === 'ws' || transport === 'wss';
}
