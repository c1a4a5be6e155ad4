import { afterEach, expect, it, vi } from 'vitest';
import type * as Open from '../../../../../gateway/sip/edge/transport/open.ts';
import { TransportError } from '../../../../../gateway/sip/edge/transport/types.ts';
import type { Peer } from '../../../../../gateway/sip/edge/transport/types.ts';
import { embeddedEdge } from '../../../../support/edge-under-test.ts';

const peer: Peer = { transport: 'tcp', address: '127.0.0.1', port: 5070, connection: 'tcp-1' };

/** Somebody comes and goes over TCP while the edge still opens what is to be opened after it. */
vi.mock(import('../../../../../gateway/sip/edge/transport/open.ts'), async (original) => {
  const real: typeof Open = await original();
  return {
    ...real,
    openTransport: (options) => {
      options.onPeerError(peer, new TransportError('TRANSPORT_LOST', 'the connection broke', peer));
      return real.openTransport(options);
    },
  };
});

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

it('a peer that is gone before the edge is up ends nothing', async () => {
  const edge = await embeddedEdge();
  closers.push(() => edge.close());
  expect(edge.edge?.listening).toHaveLength(2);
});
