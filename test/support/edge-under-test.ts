/** The SIP edge that a suite runs against: ours in this process, or a real drachtio-server by environment. */
import { readFileSync } from 'node:fs';
import { startEdge } from '../../gateway/sip/edge/edge.ts';
import type { Edge, EdgeOptions } from '../../gateway/sip/edge/edge.ts';
import type { UaTransport } from './sip-ua.ts';
import type { AdminPlace } from './srf-app.ts';

export interface EdgeUnderTest extends AdminPlace {
  /** Ours; null: the real one, whose inside nobody sees. */
  readonly edge: Edge | null;
  /** Port of each transport that is open. */
  readonly ports: Readonly<Partial<Record<UaTransport, number>>>;
  /** Whom its callers must believe, over TLS and WSS. */
  readonly ca: string | undefined;
  close(): Promise<void>;
}

/** Secret of the edges that tests start. */
export const testSecret = 'open sesame';

export async function embeddedEdge(options: Partial<EdgeOptions> = {}): Promise<EdgeUnderTest> {
  const edge = await startEdge({ host: '127.0.0.1', port: 0, adminPort: 0, secret: testSecret, ...options });
  return {
    edge,
    ports: Object.fromEntries(edge.listening.map(({ transport, port }) => [transport, port])),
    ca: options.tlsFiles?.ca === undefined ? undefined : readFileSync(options.tlsFiles.ca, 'utf8'),
    sipPort: edge.sipPort,
    adminPort: edge.adminPort,
    secret: testSecret,
    close: () => edge.close(),
  };
}

/**
 * `DRACHTIO_HOST` (and `DRACHTIO_PORT`, `DRACHTIO_SECRET`, `DRACHTIO_SIP_PORT`) name the real one, on loopback;
 * `DRACHTIO_TLS_PORT`, `DRACHTIO_WS_PORT` and `DRACHTIO_WSS_PORT` what else it listens on, and `DRACHTIO_CA` the
 * file of its certificate's authority.
 */
export function realEdge(): EdgeUnderTest | null {
  const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, DRACHTIO_SIP_PORT } = process.env;
  const { DRACHTIO_TLS_PORT, DRACHTIO_WS_PORT, DRACHTIO_WSS_PORT, DRACHTIO_CA } = process.env;
  if (!DRACHTIO_HOST) return null;
  const port = Number(DRACHTIO_SIP_PORT ?? 5060);
  return {
    edge: null,
    ports: {
      ...{ udp: port, tcp: port },
      ...(DRACHTIO_TLS_PORT !== undefined && { tls: Number(DRACHTIO_TLS_PORT) }),
      ...(DRACHTIO_WS_PORT !== undefined && { ws: Number(DRACHTIO_WS_PORT) }),
      ...(DRACHTIO_WSS_PORT !== undefined && { wss: Number(DRACHTIO_WSS_PORT) }),
    },
    ca: DRACHTIO_CA === undefined ? undefined : readFileSync(DRACHTIO_CA, 'utf8'),
    sipPort: port,
    adminPort: Number(DRACHTIO_PORT ?? 9022),
    secret: DRACHTIO_SECRET ?? 'cymru',
    close: () => Promise.resolve(),
  };
}
