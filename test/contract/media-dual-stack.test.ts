/** A media node that is bound to `::`: callers over IPv4 and over IPv6 at once. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../mcu/dtls/fingerprint.ts';
import { makeIdentity } from '../../mcu/dtls/identity.ts';
import type { IceCandidate, LegIce } from '../../mcu/ports.ts';
import { PortPool } from '../../mcu/rtp/ports.ts';
import type { PortPair } from '../../mcu/rtp/ports.ts';
import { RtpTransport } from '../../mcu/rtp/transport.ts';
import { tone, toneDb } from '../support/audio.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { Phone } from '../support/phone.ts';
import { until } from '../support/until.ts';

const families = [
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const;

const hears = (phone: Phone, hz: number, sinceMs = -Infinity) => toneDb(phone.heard(400, sinceMs), hz) > -20;

describe('a node', () => {
  let on: NodeUnderTest;
  beforeAll(async () => {
    on = await NodeUnderTest.open({ host: '::' });
  });
  afterEach(() => on.clear());
  afterAll(() => on.close());

  test('callers over IPv4 and IPv6 hear each other in one room', async () => {
    const a = await on.callIntoRoom('both', 'PCMU', {}, '127.0.0.1');
    const b = await on.callIntoRoom('both', 'PCMU', {}, '::1');
    a.phone.speak((from) => tone(440, 8000, 160, from));
    b.phone.speak((from) => tone(880, 8000, 160, from));
    await until('each hears the other', () => hears(a.phone, 880) && hears(b.phone, 440));
  });

  test.each(families)(
    '%s: a phone whose port moves is followed, a stranger is not',
    async (_name, address) => {
      const { phone, leg } = await on.call('PCMU', {}, address);
      await leg.hear('echo');
      phone.speak((from) => tone(440, 8000, 160, from));
      await until('the echo is heard', () => hears(phone, 440));
      const stranger = await on.phone('PCMU', address);
      stranger.dial({ ...leg.local, address });
      stranger.speak((from) => tone(880, 8000, 160, from));
      await until('the stranger is dropped', async () => (await leg.stats()).dropped.stranger > 10);
      expect(stranger.packets).toEqual([]);
      await phone.moveRtp();
      const movedAt = performance.now();
      await until('the echo is heard at the new port', () => hears(phone, 440, movedAt));
    },
  );

  test.each(families)('%s: media and reports are sent where SDP names the phone', async (_name, address) => {
    const { phone, leg } = await on.call('PCMU', {}, address);
    // It says nothing itself: what it gets shows that its SDP is followed.
    await leg.hear('room');
    await until(
      'media and a report came',
      () => phone.packets.length > 0 && phone.reports.length > 0,
      15_000,
    );
  });
});

describe('a transport', () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  interface End {
    readonly pair: PortPair;
    readonly transport: RtpTransport;
    readonly identity: ReturnType<typeof makeIdentity>;
    keys: number;
    packets: number;
    failure: string | null;
  }

  async function endOn(host: string): Promise<End> {
    const pair = await new PortPool({ host, min: 32_000, max: 32_499 }).allocate();
    const identity = makeIdentity();
    const transport = new RtpTransport(
      pair,
      { silenceMs: 30_000, identity, iceMode: 'full', now: () => performance.now() },
      {
        onKeys: () => end.keys++,
        onCheckpoint: () => undefined,
        onFailed: (_failure, detail) => (end.failure = detail),
        onPeer: () => undefined,
        onSilent: () => undefined,
        onHeard: () => undefined,
      },
    );
    const end: End = { pair, transport, identity, keys: 0, packets: 0, failure: null };
    transport.deliverTo({ takes: () => true, onRtp: () => end.packets++, onRtcp: () => true });
    const ticking = setInterval(() => transport.tick(), 100);
    open.push(transport, { close: () => clearInterval(ticking) });
    return end;
  }

  const credentials = (name: string) => ({ ufrag: name, pwd: name.repeat(22).slice(0, 22) });

  function candidate(address: string, port: number): IceCandidate {
    return { component: 1, foundation: '1', priority: 2_130_706_431, address, port, type: 'host' };
  }

  /** @param ice whether the places are found by it */
  function agree(end: End, peer: End, address: string, controlling: boolean, ice: boolean): void {
    const [own, other] = controlling ? ['here', 'there'] : ['there', 'here'];
    const { rtpPort, rtcpPort } = peer.pair;
    const legIce: LegIce = {
      local: credentials(own),
      remote: { ...credentials(other), lite: false, candidates: [candidate(address, rtpPort)] },
      controlling,
    };
    end.transport.connect({
      remote: { address, rtpPort, rtcpPort },
      direction: 'sendrecv',
      rtcpMux: true,
      security: {
        kind: 'dtls',
        setup: controlling ? 'active' : 'passive',
        fingerprints: [fingerprintOf(peer.identity.certificate)],
      },
      ...(ice && { ice: legIce }),
    });
  }

  test.each(families.flatMap(([name, address]) => [true, false].map((ice) => ({ name, address, ice }))))(
    'DTLS over $name, with ICE: $ice; media both ways',
    async ({ address, ice }) => {
      const [ours, phone] = [await endOn('::'), await endOn(address)];
      agree(ours, phone, address, true, ice);
      agree(phone, ours, address, false, ice);
      await until('both have keys', () => ours.keys > 0 && phone.keys > 0, 15_000);
      const packet = Buffer.alloc(172);
      packet[0] = 0x80;
      ours.transport.sendRtp(Buffer.from(packet));
      phone.transport.sendRtp(Buffer.from(packet));
      await until('a packet came each way', () => ours.packets > 0 && phone.packets > 0);
      expect([ours.failure, phone.failure]).toEqual([null, null]);
    },
  );
});
