/** The SIP edge that a suite runs against: ours in this process, or a real drachtio-server by environment. */
import { startEdge } from '../../gateway/sip/edge/edge.ts';
import type { Edge, EdgeOptions } from '../../gateway/sip/edge/edge.ts';
import type { AdminPlace } from './srf-app.ts';

export interface EdgeUnderTest extends AdminPlace {
  /** Ours; null: the real one, whose inside nobody sees. */
  readonly edge: Edge | null;
  close(): Promise<void>;
}

/** Secret of the edges that tests start. */
export const testSecret = 'open sesame';

export async function embeddedEdge(options: Partial<EdgeOptions> = {}): Promise<EdgeUnderTest> {
  const edge = await startEdge({ host: '127.0.0.1', port: 0, adminPort: 0, secret: testSecret, ...options });
  return {
    edge,
    sipPort: edge.sipPort,
    adminPort: edge.adminPort,
    secret: testSecret,
    close: () => edge.close(),
  };
}

/** `DRACHTIO_HOST` (and `DRACHTIO_PORT`, `DRACHTIO_SECRET`, `DRACHTIO_SIP_PORT`) name the real one, on loopback. */
export function realEdge(): EdgeUnderTest | null {
  const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, DRACHTIO_SIP_PORT } = process.env;
  if (!DRACHTIO_HOST) return null;
  return {
    edge: null,
    sipPort: Number(DRACHTIO_SIP_PORT ?? 5060),
    adminPort: Number(DRACHTIO_PORT ?? 9022),
    secret: DRACHTIO_SECRET ?? 'cymru',
    close: () => Promise.resolve(),
  };
}
