import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../../mcu/dtls/fingerprint.ts';
import { makeIdentity } from '../../../../mcu/dtls/identity.ts';
import { dtlsEnd, dtlsPair, identities } from '../../../support/dtls-pair.ts';
import type { DtlsEnd, PairOptions } from '../../../support/dtls-pair.ts';
import { until } from '../../../support/until.ts';

const open: DtlsEnd[] = [];

afterEach(() => {
  for (const { association } of open.splice(0)) association.close();
});

function pair(options?: PairOptions) {
  const ends = dtlsPair(options);
  open.push(ends.client, ends.server);
  return ends;
}

async function connected({ client, server }: { client: DtlsEnd; server: DtlsEnd }): Promise<void> {
  await until('both have keys', () => client.keys && server.keys, 10_000);
  expect(client.keys?.profile).toBe(server.keys?.profile);
  expect(client.keys?.send).toEqual(server.keys?.receive);
  expect(client.keys?.receive).toEqual(server.keys?.send);
  expect(client.keys?.send.masterKey).not.toEqual(client.keys?.receive.masterKey);
}

/** Content type, and in epoch 0 the handshake type, of each record. */
function kindsOf(datagram: Buffer): string[] {
  const kinds: string[] = [];
  for (let at = 0; at < datagram.length; at += 13 + datagram.readUInt16BE(at + 11)) {
    kinds.push(datagram[at] === 22 && datagram[at + 4] === 0 ? `22/${datagram[at + 13]}` : `${datagram[at]}`);
  }
  return kinds;
}

test('both get the same keys, one for each direction', async () => {
  const ends = pair();
  await connected(ends);
  expect(ends.client.keys?.profile).toBe('AEAD_AES_128_GCM');
  expect(ends.client.keys?.send.masterSalt).toHaveLength(12);
});

test('the client is asked for a cookie before anything is kept of it (RFC 6347 §4.2.1)', async () => {
  const seen: string[] = [];
  const ends = pair({
    wire: (datagram, from) => {
      seen.push(`${from} ${kindsOf(datagram).join(' ')}`);
      return [datagram];
    },
  });
  await connected(ends);
  expect(seen.slice(0, 4)).toEqual([
    'client 22/1',
    'server 22/3',
    'client 22/1',
    'server 22/2 22/11 22/12 22/13 22/14',
  ]);
});

describe('on a bad wire', () => {
  test.each(['client', 'server'] as const)('each datagram of the %s lost once', async (who) => {
    for (let lost = 0; lost < 3; lost++) {
      await connected(
        pair({ wire: (datagram, from, index) => (from === who && index === lost ? [] : [datagram]) }),
      );
    }
  });

  test('every datagram comes twice', async () => {
    await connected(pair({ wire: (datagram) => [datagram, datagram] }));
  });

  test('every record comes in a datagram of its own, the last one first', async () => {
    const apart = (datagram: Buffer) => {
      const records: Buffer[] = [];
      for (let at = 0; at < datagram.length;) {
        const end = at + 13 + datagram.readUInt16BE(at + 11);
        records.unshift(datagram.subarray(at, end));
        at = end;
      }
      return records;
    };
    await connected(pair({ wire: apart }));
  });

  test('garbage and changed octets in between end nothing before they are verified', async () => {
    const ends = pair({
      wire: (datagram, from, index) => {
        const garbage = [randomBytes(40), Buffer.concat([Buffer.from([22]), randomBytes(60)])];
        // Strangers' records in the handshake's form: their epoch has keys that they don't know.
        const forged = Buffer.from(datagram);
        forged.writeUInt16BE(1, 3);
        return from === 'client' && index > 3 ? [datagram] : [...garbage, forged, datagram];
      },
    });
    await connected(ends);
    expect(ends.server.association.dropped).toBeGreaterThan(0);
    expect(ends.client.association.dropped).toBeGreaterThan(0);
  });
});

describe('whose certificate it is', () => {
  test.each(['client', 'server'] as const)(
    'the %s has another one than announced: both learn it',
    async (who) => {
      const stranger = makeIdentity();
      const ends = pair({ [who]: { identity: stranger } });
      const [imposter, victim] = who === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
      await until('it is found out', () => victim.failure && imposter.failure);
      expect(victim.failure).toBe('wrong-fingerprint');
      expect(imposter.failure).toBe('refused');
      expect(imposter.detail).toContain('bad_certificate');
      expect(ends.client.keys ?? ends.server.keys).toBeNull();
    },
  );

  test.each(['client', 'server'] as const)(
    'a %s that shows the right certificate but has not its key gets nowhere',
    async (who) => {
      const { privateKey } = makeIdentity();
      const ends = pair({ [who]: { identity: { certificate: identities[who].certificate, privateKey } } });
      const victim = who === 'client' ? ends.server : ends.client;
      await until('it is found out', () => victim.failure);
      expect(victim.failure).toBe('broken');
      expect(victim.detail).toContain('has not the key of its certificate');
      expect(victim.keys).toBeNull();
    },
  );

  test.each(['sha-1', 'sha-256', 'sha-384', 'sha-512'] as const)('by a %s fingerprint', async (hash) => {
    await connected(pair({ server: { fingerprints: [fingerprintOf(identities.client.certificate, hash)] } }));
  });

  test('the strongest of several fingerprints decides (RFC 8122 §5)', async () => {
    const weak = fingerprintOf(identities.client.certificate, 'sha-1');
    const strong = fingerprintOf(makeIdentity().certificate, 'sha-256');
    const { server } = pair({ server: { fingerprints: [weak, strong] } });
    await until('it is found out', () => server.failure);
    expect(server.failure).toBe('wrong-fingerprint');
  });

  test('one of an unknown hash function is none', async () => {
    const { server } = pair({ server: { fingerprints: [{ hash: 'md5', value: 'AA' }] } });
    await until('it is found out', () => server.failure);
    expect(server.failure).toBe('wrong-fingerprint');
  });
});

test('a changed handshake is noticed by Finished: nobody in between can choose what is agreed', async () => {
  // The client's offer loses its first cipher suite.
  const ends = pair({
    wire: (datagram, from) => {
      if (from === 'client' && datagram[0] === 22 && datagram[13] === 1) {
        const at = datagram.indexOf(Buffer.from('c02bc02f', 'hex'));
        if (at > 0) datagram.writeUInt16BE(0xc0ff, at);
      }
      return [datagram];
    },
  });
  await until('it is found out', () => ends.client.failure ?? ends.server.failure);
  expect(ends.client.keys ?? ends.server.keys).toBeNull();
});

describe('after the handshake', () => {
  test('a close is told to the peer', async () => {
    const ends = pair();
    await connected(ends);
    ends.client.association.close();
    await until('the server knows', () => !ends.server.association.connected);
  });

  test('nobody without the keys can close it, or begin another one', async () => {
    const ends = pair();
    await connected(ends);
    const before = ends.server.association.dropped;
    const alert = Buffer.from('15fefd000000000000000900020100', 'hex');
    ends.server.association.receive(alert, ends.client.place);
    const stranger = dtlsEnd('active', identities.client, identities.server, 7, {
      send: (datagram) => ends.server.association.receive(datagram, ends.client.place),
    });
    open.push(stranger);
    stranger.association.start();
    expect(ends.server.association.connected).toBe(true);
    expect(ends.server.association.dropped).toBeGreaterThan(before);
    ends.client.association.close();
    await until('its peer still can', () => !ends.server.association.connected);
  });
});

test('a flood of hellos from everywhere gets cookies and leaves nothing; the real one connects', async () => {
  const hellos: Buffer[] = [];
  const stranger = dtlsEnd('active', identities.client, identities.server, 9, {
    send: (datagram) => hellos.push(datagram),
  });
  stranger.association.start();
  stranger.association.close();
  const answers: Buffer[] = [];
  const ends = pair({ onStray: (datagram) => answers.push(datagram) });
  const flood = () => {
    for (let port = 10; port < 2010; port++)
      ends.server.association.receive(hellos[0], { address: '203.0.113.9', port });
  };
  flood();
  expect(answers).toHaveLength(2000);
  // RFC 6347 §4.2.1: no amplification.
  expect(Math.max(...answers.map(({ length }) => length))).toBeLessThan(hellos[0].length);
  expect(ends.server.failure).toBeNull();
  await connected(ends);
  flood();
  expect(answers).toHaveLength(2000);
  expect(ends.server.association.connected).toBe(true);
});

test('a cookie is good only at the place that it was sent to', async () => {
  const withCookie: Buffer[] = [];
  const ends = pair({
    wire: (datagram, from, index) => {
      if (from === 'client' && index === 1) withCookie.push(datagram);
      return [datagram];
    },
  });
  await connected(ends);
  const sent: Buffer[] = [];
  const server = dtlsEnd('passive', identities.server, identities.client, 2, {
    send: (datagram) => sent.push(datagram),
  });
  open.push(server);
  server.association.start();
  server.association.receive(withCookie[0], { address: '203.0.113.9', port: 1 });
  expect(kindsOf(sent[0])).toEqual(['22/3']);
  server.association.receive(withCookie[0], ends.client.place);
  expect(kindsOf(sent[1])).toContain('22/2');
});

test('without a peer the handshake ends at its deadline', async () => {
  const alone = dtlsEnd('active', identities.client, identities.server, 1, {
    send: () => undefined,
    deadlineMs: 30,
  });
  open.push(alone);
  alone.association.start();
  await until('it gives up', () => alone.failure);
  expect(alone.failure).toBe('timeout');
});

test('a peer without DTLS-SRTP, or without a common profile, is refused', async () => {
  const ends = pair({
    wire: (datagram, from) => {
      if (from === 'client' && datagram[13] === 1) {
        // use_srtp with its four profiles becomes an extension that nobody knows.
        const at = datagram.indexOf(Buffer.from('000e000b0008', 'hex'));
        datagram.writeUInt16BE(0xfafa, at);
      }
      return [datagram];
    },
  });
  await until('it is refused', () => ends.server.failure);
  expect(ends.server.detail).toContain('no SRTP profile');
});
