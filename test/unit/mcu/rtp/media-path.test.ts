import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fingerprintOf } from '../../../../mcu/dtls/fingerprint.ts';
import { makeIdentity } from '../../../../mcu/dtls/identity.ts';
import type { DtlsIdentity } from '../../../../mcu/dtls/identity.ts';
import type { Place } from '../../../../mcu/dtls/association.ts';
import { MediaPath } from '../../../../mcu/rtp/media-path.ts';
import type { PathCheckpoint, RemoteTransport } from '../../../../mcu/rtp/media-path.ts';

const identities = { gateway: makeIdentity(), phone: makeIdentity(), stranger: makeIdentity() };
const gatewayPlace: Place = { address: '192.0.2.1', port: 4000 };
const phonePlace: Place = { address: '192.0.2.2', port: 5000 };
const strangerPlace: Place = { address: '203.0.113.66', port: 666 };
const nowhere: Place = { address: '0.0.0.0', port: 5000 };

/** A path without ICE at a place of its own, and what it told. */
class End {
  readonly place: Place;
  readonly path: MediaPath;
  readonly told: string[] = [];
  /** Where it was told that media goes. */
  found: Place | null = null;
  checkpoint: PathCheckpoint | null = null;
  #remote: Place = nowhere;

  constructor(net: Net, identity: DtlsIdentity, place: Place) {
    this.place = place;
    this.path = new MediaPath({
      identity,
      iceMode: 'full',
      now: () => performance.now(),
      send: (_component, datagram, to) => net.carry(datagram, place, to ?? this.#peer),
      placeOf: () => this.#peer,
      events: {
        onPlace: (_component, found) => (this.found = { address: found.address, port: found.port }),
        onKeys: () => this.told.push('keys'),
        onCheckpoint: (checkpoint) => (this.checkpoint = checkpoint),
        onFailed: (failure) => this.told.push(failure),
        onConsentLost: () => this.told.push('consent lost'),
      },
    });
  }

  get #peer(): Place {
    return this.found ?? this.#remote;
  }

  /** As offer/answer settle it. */
  agree(setup: 'active' | 'passive', peer: DtlsIdentity, at: Place, changes: Partial<RemoteTransport> = {}) {
    this.#remote = at;
    this.path.configure({
      security: { kind: 'dtls', setup, fingerprints: [fingerprintOf(peer.certificate)] },
      remote: { address: at.address, rtpPort: at.port, rtcpPort: at.port + 1 },
      direction: 'sendrecv',
      rtcpMux: true,
      ...changes,
    });
  }
}

/** Delivers in the order of sending; what goes elsewhere is gone. */
class Net {
  readonly ends: End[] = [];
  /** What went from where to where. */
  readonly sent: string[] = [];
  #queue: [datagram: Buffer, from: Place, to: Place][] = [];
  #delivering = false;
  /** Before each delivery. */
  onDelivery: ((to: Place) => void) | null = null;

  end(identity: DtlsIdentity, place: Place): End {
    const end = new End(this, identity, place);
    this.ends.push(end);
    return end;
  }

  carry(datagram: Buffer, from: Place, to: Place): void {
    this.sent.push(`${from.address} → ${to.address}`);
    this.#queue.push([Buffer.from(datagram), from, to]);
    if (this.#delivering) return;
    this.#delivering = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const [datagram, from, to] = next;
      this.onDelivery?.(to);
      this.ends
        .find(({ place }) => place.address === to.address && place.port === to.port)
        ?.path.receive(1, datagram, from);
    }
    this.#delivering = false;
  }
}

let net: Net;
let gateway: End;
let phone: End;
let stranger: End;

beforeEach(() => {
  vi.useFakeTimers();
  net = new Net();
  gateway = net.end(identities.gateway, gatewayPlace);
  phone = net.end(identities.phone, phonePlace);
  stranger = net.end(identities.stranger, strangerPlace);
});
afterEach(() => {
  for (const { path } of net.ends) path.close();
  vi.useRealTimers();
});

/** An alert "handshake_failure", and a handshake record of one octet: both in plain. */
const poison = ['15fefd000000000000000000020228', '16fefd0000000000000000000100'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** The first octet of a ClientHello of 5000. */
const firstOctet = Buffer.from(`16fefd0000000000000000000d01001388000100000000000100`, 'hex');

const listen = (changes?: Partial<RemoteTransport>) =>
  gateway.agree('passive', identities.phone, phonePlace, changes);
const call = (changes?: Partial<RemoteTransport>) =>
  gateway.agree('active', identities.phone, phonePlace, changes);
const phoneCalls = () => phone.agree('active', identities.gateway, gatewayPlace);
const phoneListens = () => phone.agree('passive', identities.gateway, gatewayPlace);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a stranger, without ICE', () => {
  test.each(poison)('ends nothing at the active end by %#', async (datagram) => {
    call();
    gateway.path.receive(1, datagram, strangerPlace);
    expect(gateway.told).toEqual([]);
    expect(gateway.path.dropped).toBe(1);
    phoneListens();
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
  });

  test('who shakes hands with another certificate ends nothing at the passive end', async () => {
    listen();
    stranger.agree('active', identities.gateway, gatewayPlace);
    await pass(1000);
    expect(stranger.told).toEqual(['encryption-failed']);
    expect(gateway.told).toEqual([]);
    phoneCalls();
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
    expect(gateway.found).toEqual(phonePlace);
  });

  test('who stops in the middle of its handshake is in nobody’s way', async () => {
    listen();
    net.onDelivery = () => {
      if (net.sent.filter((way) => way.startsWith(strangerPlace.address)).length === 2) stranger.path.close();
    };
    stranger.agree('active', identities.gateway, gatewayPlace);
    await pass(1000);
    phoneCalls();
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
    expect(phone.told).toEqual(['keys']);
  });

  test('who sends a part of a hello before each of the phone’s blocks none of them', async () => {
    listen();
    net.onDelivery = (to) => {
      if (to === gatewayPlace) gateway.path.receive(1, firstOctet, strangerPlace);
    };
    phoneCalls();
    await pass(1000);
    expect([gateway.told, phone.told]).toEqual([['keys'], ['keys']]);
  });

  test('who comes after the phone is not heard at all', async () => {
    listen();
    phoneCalls();
    await pass(1000);
    stranger.agree('active', identities.gateway, gatewayPlace);
    await pass(40_000);
    expect(gateway.told).toEqual(['keys']);
    expect(stranger.told).toEqual(['encryption-failed']);
  });

  test('draws neither sound nor handshake to itself', async () => {
    listen();
    stranger.agree('active', identities.gateway, gatewayPlace);
    await pass(1000);
    expect(gateway.found).toBeNull();
    expect(net.sent).not.toContain(`${gatewayPlace.address} → ${phonePlace.address}`);
  });
});

describe('a peer', () => {
  test('behind a NAT is found where it shook hands', async () => {
    gateway.agree('passive', identities.phone, { address: '10.0.0.2', port: 5000 });
    phoneCalls();
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
    expect(gateway.found).toEqual(phonePlace);
  });

  test('at its place that shows another certificate fails at once', async () => {
    listen();
    net.ends[1] = new End(net, identities.stranger, phonePlace);
    net.ends[1].agree('active', identities.gateway, gatewayPlace);
    await pass(100);
    expect(gateway.told).toEqual(['encryption-failed']);
  });

  test.each(['active', 'passive'] as const)(
    'that never answers the %s end fails after 30 s',
    async (setup) => {
      gateway.agree(setup, identities.phone, phonePlace);
      await pass(29_000);
      expect(gateway.told).toEqual([]);
      await pass(2000);
      expect(gateway.told).toEqual(['encryption-failed']);
    },
  );
});

describe('hold, without ICE', () => {
  const holds: [how: string, Partial<RemoteTransport> & { at?: Place }][] = [
    ['the old address', { at: nowhere }],
    ['recvonly', { direction: 'recvonly' }],
    ['inactive', { direction: 'inactive' }],
  ];
  const ways = (['active', 'passive'] as const).flatMap((setup) =>
    holds.map(([how, hold]) => [setup, how, hold] as const),
  );

  test.each(ways)('of a call that the %s end encrypted, by %s, keeps it', async (setup, _how, hold) => {
    const { at = phonePlace, ...changes } = hold;
    if (setup === 'active') phoneListens();
    gateway.agree(setup, identities.phone, phonePlace);
    if (setup === 'passive') phoneCalls();
    await pass(1000);
    gateway.agree(setup, identities.phone, at, changes);
    await pass(60_000);
    gateway.agree(setup, identities.phone, phonePlace);
    await pass(60_000);
    // The same association: one agreement on keys, whatever was on hold.
    expect([gateway.told, phone.told]).toEqual([['keys'], ['keys']]);
  });

  test.each(ways.filter(([, how]) => how !== 'recvonly'))(
    'from the beginning, at the %s end, by %s, has time until it is over',
    async (setup, _how, { at = phonePlace, ...changes }) => {
      gateway.agree(setup, identities.phone, at, changes);
      await pass(60_000);
      if (setup === 'active') phoneListens();
      gateway.agree(setup, identities.phone, phonePlace);
      if (setup === 'passive') phoneCalls();
      await pass(2000);
      expect([gateway.told, phone.told]).toEqual([['keys'], ['keys']]);
    },
  );

  test('outlives the process', async () => {
    listen();
    phoneCalls();
    await pass(1000);
    gateway.agree('passive', identities.phone, nowhere);
    const before = gateway.checkpoint;
    const next = new End(net, identities.gateway, gatewayPlace);
    net.ends[0] = next;
    if (before) next.path.restore(before);
    next.agree('passive', identities.phone, nowhere);
    next.agree('passive', identities.phone, phonePlace);
    await pass(60_000);
    expect([next.told, phone.told]).toEqual([['keys'], ['keys']]);
  });

  test('and back from elsewhere is another association (RFC 8842 §4)', async () => {
    listen();
    phoneCalls();
    await pass(1000);
    gateway.agree('passive', identities.phone, nowhere);
    const moved = net.end(identities.phone, { address: '192.0.2.3', port: 5000 });
    gateway.agree('passive', identities.phone, moved.place);
    moved.agree('active', identities.gateway, gatewayPlace);
    await pass(1000);
    expect([gateway.told, moved.told]).toEqual([['keys', 'keys'], ['keys']]);
  });
});

describe('before the ACK', () => {
  test('nothing is sent to a place that is only claimed, and no time runs', async () => {
    call({ direction: 'recvonly', confirmed: false });
    await pass(60_000);
    expect(net.sent).toEqual([]);
    phoneListens();
    call();
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
  });

  test('whoever shakes hands at once is heard', async () => {
    listen({ direction: 'recvonly', confirmed: false });
    phoneCalls();
    await pass(1000);
    listen();
    await pass(40_000);
    expect([gateway.told, phone.told]).toEqual([['keys'], ['keys']]);
  });

  test('who holds from the beginning gets a hello all the same after it', async () => {
    phoneListens();
    call({ direction: 'recvonly', confirmed: false });
    call({ direction: 'recvonly' });
    await pass(1000);
    expect(gateway.told).toEqual(['keys']);
  });
});
