import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { IceAgent } from '../../mcu/ice/agent.ts';
import { buildStun } from '../../mcu/ice/stun.ts';
import { dtlsEnd, identities } from '../support/dtls-pair.ts';
import type { DtlsEnd } from '../support/dtls-pair.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** What a server sends and a client sends, up to where the other would have to answer. */
function flights(): Buffer[] {
  const sent: Buffer[] = [];
  const server: DtlsEnd = dtlsEnd('passive', identities.server, identities.client, 2, {
    send: (datagram) => {
      sent.push(datagram);
      client.association.receive(datagram, server.place);
    },
  });
  const client: DtlsEnd = dtlsEnd('active', identities.client, identities.server, 1, {
    send: (datagram) => {
      sent.push(datagram);
      server.association.receive(datagram, client.place);
    },
  });
  server.association.start();
  client.association.start();
  client.association.close();
  server.association.close();
  return sent;
}

const recorded = flights();

/** A datagram of a handshake with a few octets changed, cut or put in. */
const garbled = fc
  .tuple(
    fc.constantFrom(...recorded),
    fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), octet: fc.nat({ max: 255 }) }), {
      maxLength: 8,
    }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([datagram, edits, length]) => {
    const bytes = Buffer.from(datagram.subarray(0, Math.ceil(length * datagram.length)));
    for (const { at, octet } of edits) bytes[Math.floor(at * (bytes.length - 1))] = octet;
    return bytes;
  });

test.each(['active', 'passive'] as const)('no datagram makes the %s end of DTLS throw or agree', (setup) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          garbled,
          fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets)),
        ),
        { maxLength: 20 },
      ),
      (datagrams) => {
        const end = dtlsEnd(setup, identities.server, identities.client, 1, { send: () => undefined });
        open.push(end.association);
        end.association.start();
        for (const datagram of datagrams)
          end.association.receive(datagram, { address: '192.0.2.9', port: 9 });
        expect(end.keys).toBeNull();
        end.association.close();
      },
    ),
    { numRuns: 300 },
  );
});

test('no datagram makes an ICE agent throw, or believe who has not shown the password', () => {
  vi.useFakeTimers();
  const request = buildStun(
    'request',
    '00'.repeat(12),
    { username: 'ours:peer', priority: 1, useCandidate: true, controlling: 1n },
    'x'.repeat(22),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: request.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      (edits) => {
        const bytes = Buffer.from(request);
        for (const [at, octet] of edits) bytes[at] = octet;
        const agent = new IceAgent({
          mode: 'full',
          controlling: false,
          local: { ufrag: 'ours', pwd: 'y'.repeat(22) },
          remote: { ufrag: 'peer', pwd: 'z'.repeat(22), lite: false, candidates: [] },
          components: 1,
          send: () => undefined,
          now: () => 0,
          onSelected: () => expect.unreachable(),
          onConnected: () => expect.unreachable(),
          onConsentLost: () => undefined,
        });
        open.push(agent);
        agent.start();
        agent.receive(1, bytes, '192.0.2.9', 9);
        vi.advanceTimersByTime(500);
        agent.close();
      },
    ),
    { numRuns: 500 },
  );
  vi.useRealTimers();
});
