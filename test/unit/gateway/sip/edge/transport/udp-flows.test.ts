import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { closeOf } from '../../../../../../gateway/sip/edge/transport/closing.ts';
import type { Peer } from '../../../../../../gateway/sip/edge/transport/types.ts';
import { UdpFlows } from '../../../../../../gateway/sip/edge/transport/udp-flows.ts';

const opened: UdpFlows[] = [];

function flows(maxFlows: number, idleMs: number): UdpFlows {
  const made = new UdpFlows(
    { address: '127.0.0.1', maxFlows, idleMs },
    {
      bind: async (): Promise<Socket> => {
        const socket = createSocket('udp4').bind(0, '127.0.0.1');
        await once(socket, 'listening');
        return socket;
      },
      onPeerError: () => undefined,
    },
  );
  opened.push(made);
  return made;
}

const peer = (port: number): Peer => ({ transport: 'udp', address: '127.0.0.1', port });

afterEach(async () => {
  for (const made of opened.splice(0)) await made.close();
});

describe('UdpFlows', () => {
  test('one socket per peer, also for those who ask at once', async () => {
    const made = flows(8, 60_000);
    const [first, second, other] = await Promise.all([
      made.to(peer(4001)),
      made.to(peer(4001)),
      made.to(peer(4002)),
    ]);
    expect(first).toBe(second);
    expect(other).not.toBe(first);
    expect(first.remoteAddress().port).toBe(4001);
  });

  test('beyond the limit the one unused for longest goes', async () => {
    const made = flows(2, 60_000);
    const first = await made.to(peer(4001));
    const second = await made.to(peer(4002));
    await made.to(peer(4001));
    const gone = closeOf(second);
    await made.to(peer(4003));
    await gone;
    expect(await made.to(peer(4001))).toBe(first);
  });

  test('an unused one goes', async () => {
    const socket = await flows(2, 30).to(peer(4001));
    await closeOf(socket);
  });

  test('no way there is an error of the transport, and no flow stays', async () => {
    const made = flows(2, 60_000);
    await expect(made.to({ transport: 'udp', address: '192.0.2.1', port: 5060 })).rejects.toMatchObject({
      name: 'TransportError',
    });
    await made.close();
  });
});
