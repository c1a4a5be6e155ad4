/** What becomes of an INVITE that is not answered at once. */
import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../../../gateway/ports.ts';
import { LegError } from '../../../../gateway/errors.ts';
import { Digest } from '../../../../gateway/sip/digest.ts';
import { invitationTo } from '../../../../gateway/sip/invitation.ts';
import { InviteAttempts } from '../../../../gateway/sip/invite-attempts.ts';
import { LegLife } from '../../../../gateway/sip/leg-life.ts';
import type { CallEvents, CallOptions } from '../../../../gateway/sip/placed-call.ts';
import { Redirection } from '../../../../gateway/sip/redirection.ts';
import type { SipDialog, SipResponse } from '../../../../gateway/sip/srf-messages.ts';
import { callFacts } from '../../../support/call-facts.ts';
import { gateway } from '../../../support/clause.ts';
import { quietLog } from '../../../support/quiet-log.ts';

interface Placed extends CallOptions {
  readonly uri: string;
  readonly on: CallEvents;
}

function calling(to: readonly string[] = ['sip:carrier.example'], digest: Digest | null = null) {
  const trunk: Trunk = { name: 'c', sources: [], srtp: 'off', video: false, tls: false, to };
  const invitation = invitationTo({ trunk, number: '200', from: null, caller: callFacts() });
  if (!invitation) throw new Error('no invitation');
  const placed: Placed[] = [];
  const life = new LegLife();
  const log: Parameters<typeof quietLog>[0] = [];
  const attempts = new InviteAttempts({
    stack: {
      call(uri, options, on) {
        placed.push({ uri, on, ...options });
        return { cancel: () => undefined };
      },
    },
    ...{ invitation, digest, life, localSdp: 'v=0', sessionSeconds: 1800 },
    redirection: new Redirection(trunk, '200', invitation.uris),
    log: quietLog(log),
    progress: () => undefined,
    answered: () => () => undefined,
    update: () => undefined,
  });
  const outcome = attempts.run().then(
    ({ kind, res }) => `${kind} ${res?.status ?? 'silence'}`,
    (error: unknown) => (error instanceof LegError ? error.reason : error),
  );
  const last = (): Placed => placed[placed.length - 1];
  const turn = (): Promise<void> => new Promise(setImmediate);
  return {
    ...{ placed, life, log, outcome, last },
    /** What the last INVITE got. */
    gets: async (status: number | null, fields: Readonly<Record<string, string>> = {}) => {
      last().on.failed(status === null ? null : response(status, fields));
      await turn();
      return placed.length;
    },
    isAnswered: async () => {
      last().on.answered({} as SipDialog, response(200));
      await turn();
    },
  };
}

function response(status: number, fields: Readonly<Record<string, string>> = {}): SipResponse {
  const all: Record<string, string> = {
    ...{
      'call-id': 'c1',
      from: '<sip:us@gw>;tag=1',
      to: '<sip:200@carrier.example>;tag=2',
      cseq: '7 INVITE',
    },
    ...fields,
  };
  const source = { source_address: '192.0.2.9', source_port: 5070, protocol: 'udp' };
  return { status, ...source, get: (name: string) => all[name] } as unknown as SipResponse;
}

const two = ['sip:a.example', 'sip:b.example'];
const sameCall = { 'Call-ID': 'c1', From: '<sip:us@gw>;tag=1', CSeq: '8 INVITE' };

describe('a trunk with two addresses', () => {
  it.each([
    ['says 503', 503],
    ['says nothing', 408],
    ['can’t be reached', null],
  ] as const)(
    'is called at the second when the first %s',
    gateway('RFC 3263 §4.3'),
    async (_what, status) => {
      const { gets, placed, outcome, isAnswered } = calling(two);
      await gets(status);
      expect(placed.map(({ uri }) => uri)).toEqual(['sip:200@a.example', 'sip:200@b.example']);
      // Another call, as far as the second is concerned.
      expect(placed[1].headers).not.toHaveProperty('Call-ID');
      await isAnswered();
      expect(await outcome).toBe('answered 200');
    },
  );

  it.each([486, 603, 404, 480, 488, 403, 600])('is not called again after %i', async (status) => {
    const { gets, outcome } = calling(two);
    expect(await gets(status)).toBe(1);
    expect(await outcome).toBe(`failed ${status}`);
  });

  it('is not called again once it has rung', async () => {
    const { gets, last, outcome } = calling(two);
    last().on.progress(response(180));
    expect(await gets(503)).toBe(1);
    expect(await outcome).toBe('failed 503');
  });

  it('fails when neither works', async () => {
    const { gets, outcome } = calling(two);
    await gets(503);
    expect(await gets(null)).toBe(2);
    expect(await outcome).toBe('failed silence');
  });
});

describe('a trunk that sends on', () => {
  it('is followed as one call', gateway('RFC 3261 §8.1.3.4'), async () => {
    const { gets, placed, isAnswered, outcome } = calling();
    await gets(302, { contact: '<sip:200@gw.carrier.example>' });
    expect(placed[1]).toMatchObject({
      uri: 'sip:200@gw.carrier.example',
      headers: { ...sameCall, To: '<sip:200@carrier.example>' },
    });
    await isAnswered();
    expect(await outcome).toBe('answered 200');
  });

  it('is tried where it says, one place after the other, then at its own', async () => {
    const { gets, placed } = calling(two);
    await gets(300, { contact: '<sip:200@1.a.example>, <sip:200@2.a.example>' });
    await gets(503);
    await gets(503);
    expect(placed.map(({ uri }) => uri.split('@')[1])).toEqual([
      'a.example',
      '1.a.example',
      '2.a.example',
      'b.example',
    ]);
  });

  it('elsewhere is not followed, and the log says why', async () => {
    const { gets, outcome, log } = calling(two);
    expect(await gets(302, { contact: '<sip:0900666@a.example>' })).toBe(1);
    expect(await outcome).toBe('failed 302');
    expect(JSON.stringify(log)).toContain('it names another number');
    expect(JSON.stringify(log)).not.toContain('0900666');
  });
});

describe('a trunk that asks', () => {
  const challenge = 'Digest realm="r", nonce="n1", qop="auth"';
  const digest = () => new Digest({ username: 'acme', password: 'secret' });

  it('who calls is told, at the same machine', gateway('RFC 3261 §22.1'), async () => {
    const { gets, placed } = calling(['sip:carrier.example'], digest());
    expect(placed[0].headers['Session-Expires']).toBe('1800;refresher=uas');
    await gets(401, { 'www-authenticate': challenge });
    expect(placed[1]).toMatchObject({
      uri: placed[0].uri,
      route: 'sip:192.0.2.9:5070;transport=udp',
      headers: sameCall,
    });
    expect(placed[1].headers.Authorization).toContain('nonce="n1"');
  });

  it('twice for the same is not told again', gateway('RFC 3261 §22.2'), async () => {
    const { gets, outcome } = calling(['sip:192.0.2.9'], digest());
    await gets(407, { 'proxy-authenticate': challenge });
    expect(await gets(407, { 'proxy-authenticate': challenge })).toBe(2);
    expect(await outcome).toBe('failed 407');
  });

  it('again since its nonce was too old is told again', gateway('RFC 7616 §3.3'), async () => {
    const { gets, last } = calling(['sip:192.0.2.9'], digest());
    await gets(407, { 'proxy-authenticate': challenge });
    await gets(407, { 'proxy-authenticate': 'Digest realm="r", nonce="n2", qop="auth", stale=true' });
    expect(last().headers['Proxy-Authorization']).toContain('nonce="n2"');
    expect(last().route).toBeNull();
  });

  it('is told nothing where the plan has no password', async () => {
    const { gets, outcome } = calling();
    expect(await gets(401, { 'www-authenticate': challenge })).toBe(1);
    expect(await outcome).toBe('failed 401');
  });

  it('for a longer session gets one, once', gateway('RFC 4028 §7.3'), async () => {
    const { gets, last } = calling();
    await gets(422, { 'min-se': '3600' });
    expect(last().headers).toMatchObject({ 'Session-Expires': '3600', ...sameCall });
    expect(await gets(422, { 'min-se': '7200' })).toBe(2);
  });
});

it('a caller who is gone is called for no more', async () => {
  const { gets, life, outcome } = calling(two);
  life.finish('caller-cancelled');
  expect(await gets(503)).toBe(1);
  expect(await outcome).toBe('caller-cancelled');
});
