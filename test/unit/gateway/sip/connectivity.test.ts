import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LegMediaConfig } from '../../../../gateway/ports.ts';
import { IceSession } from '../../../../gateway/sip/ice-session.ts';
import type { LocalMedia } from '../../../../gateway/sip/offer-answer.ts';
import { createSdpSession } from '../../../../gateway/sip/sdp-session.ts';
import type { SdpSession } from '../../../../gateway/sip/sdp-session.ts';
import { expectLawfulAnswer, mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity, ownFingerprint } from '../../../support/sdp-security.ts';
import { describeShared } from '../../../support/shared-fixtures.ts';

const own = (name: string): string => readFileSync(`test/fixtures/sdp/${name}.sdp`, 'utf8');
const browser = own('browser--mdns-candidates-and-video');

function sessionOf(mode: 'full' | 'lite' = 'full'): SdpSession {
  const local: Omit<LocalMedia, 'version'> = {
    address: '198.51.100.7',
    rtpPort: 20_000,
    rtcpPort: 20_001,
    sessionId: 1,
    supported: ['opus', 'PCMU', 'PCMA'],
    security: localSecurity(),
    ice: new IceSession(mode),
  };
  return createSdpSession(local);
}

/** Answers and takes the answer for sent. */
function agreed(session: SdpSession, offer: string): { sdp: string; media: LegMediaConfig } {
  const answer = session.answer(offer);
  if (!answer.ok) throw new Error(`${answer.reason}: ${answer.warning.text}`);
  expectLawfulAnswer(offer, answer.answerSdp);
  session.commit(answer.answerSdp, answer.shape, answer.media);
  return { sdp: answer.answerSdp, media: answer.media };
}

function valueOf(sdp: string, attribute: string): string | undefined {
  return new RegExp(`^a=${attribute}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
}

let session: SdpSession;
beforeEach(() => (session = sessionOf()));

describe('a browser', () => {
  it('gets one transport for its audio; its video is refused and out of the group', () => {
    const { sdp, media } = agreed(session, browser);
    expect(mediaLines(sdp)).toMatchObject([
      { kind: 'audio', port: 20_000, proto: 'UDP/TLS/RTP/SAVPF' },
      { kind: 'video', port: 0, proto: 'UDP/TLS/RTP/SAVPF' },
    ]);
    expect(valueOf(sdp, 'group')).toBe('BUNDLE 0');
    expect(sdp.match(/^a=mid:.*/gm)).toHaveLength(2);
    expect(sdp).toMatch(/^a=rtcp-mux\r$/m);
    expect(valueOf(sdp, 'fingerprint')).toBe(`sha-256 ${ownFingerprint.value}`);
    expect(valueOf(sdp, 'candidate')).toBe('1 1 UDP 2130706431 198.51.100.7 20000 typ host');
    expect(sdp).toMatch(/^a=ice-options:ice2\r$/m);
    expect(sdp).not.toMatch(/trickle|ice-lite|rtcp-rsize/);
    expect(media).toMatchObject({
      rtcpMux: true,
      // Its 0.0.0.0 is no hold: ICE says where it is.
      direction: 'sendrecv',
      security: { kind: 'dtls', setup: 'active' },
      ice: {
        local: { ufrag: valueOf(sdp, 'ice-ufrag'), pwd: valueOf(sdp, 'ice-pwd') },
        // Neither its mDNS name nor TCP; its checks will show where it is.
        remote: { ufrag: 'sXqL', pwd: 'Zr1PyK7mGxU3vT0hEo9nQbWd', lite: false, candidates: [] },
        controlling: false,
      },
    });
  });

  it('may name an mDNS host as its address', () => {
    const offer = browser.replaceAll(
      'c=IN IP4 0.0.0.0',
      'c=IN IP4 3f0c1e8a-7ab0-4c1d-9d65-0d1ad8f0a111.local',
    );
    const answer = session.answer(offer);
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.media).toMatchObject({ direction: 'sendrecv', remote: { address: '0.0.0.0' } });
  });

  it('gets credentials that are long enough and only ice-chars', () => {
    const { media } = agreed(session, browser);
    expect(media.ice?.local.ufrag).toMatch(/^[A-Za-z0-9+/]{4,256}$/);
    expect(media.ice?.local.pwd).toMatch(/^[A-Za-z0-9+/]{22,256}$/);
  });

  it('keeps its association and its ICE over holds', () => {
    const first = agreed(session, browser);
    const held = agreed(session, browser.replace('a=sendrecv', 'a=sendonly'));
    expect(held.media).toMatchObject({
      direction: 'recvonly',
      ice: first.media.ice,
      security: first.media.security,
    });
    expect(valueOf(held.sdp, 'ice-ufrag')).toBe(valueOf(first.sdp, 'ice-ufrag'));
  });

  it('keeps the roles when its new offer would leave them open', () => {
    const first = agreed(session, browser.replace('a=setup:actpass', 'a=setup:active'));
    expect(first.media.security).toMatchObject({ setup: 'passive' });
    expect(agreed(session, browser).media.security).toMatchObject({ setup: 'passive' });
  });

  it('gets new credentials with its own new ones (ICE restart), and none for an offer that was not agreed', () => {
    const first = agreed(session, browser);
    const restart = browser.replaceAll('a=ice-ufrag:sXqL', 'a=ice-ufrag:newU');
    const tried = session.answer(restart);
    expect(tried.ok && valueOf(tried.answerSdp, 'ice-ufrag')).not.toBe(valueOf(first.sdp, 'ice-ufrag'));
    // It was cancelled: the old offer gets the old answer.
    expect(agreed(session, browser).sdp).toBe(first.sdp);
    const again = agreed(session, restart);
    expect(valueOf(again.sdp, 'ice-ufrag')).not.toBe(valueOf(first.sdp, 'ice-ufrag'));
    // RFC 8842 §5: that alone is no new DTLS association.
    expect(again.media.security).toEqual(first.media.security);
  });

  it('gets our own offer for a re-INVITE without one: the same transport, any role', () => {
    const first = agreed(session, browser);
    const { offerSdp, shape } = session.offer();
    for (const name of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'mid', 'group'])
      expect(valueOf(offerSdp, name)).toBe(valueOf(first.sdp, name));
    expect(valueOf(offerSdp, 'setup')).toBe('actpass');
    expect(mediaLines(offerSdp).map(({ port, proto }) => [port, proto])).toEqual([
      [20_000, 'UDP/TLS/RTP/SAVPF'],
      [0, 'UDP/TLS/RTP/SAVPF'],
    ]);
    session.commit(offerSdp, shape);
    const answer = session.readAnswer(
      browser.replaceAll('a=setup:actpass', 'a=setup:passive').replace('m=video 9', 'm=video 0'),
      shape,
    );
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.media).toMatchObject({
      rtcpMux: true,
      ice: first.media.ice,
      security: first.media.security,
    });
  });

  it('is refused when an answer leaves DTLS out', () => {
    agreed(session, browser);
    const { offerSdp, shape } = session.offer();
    session.commit(offerSdp, shape);
    const bare = browser.replaceAll(/a=fingerprint.*\r\n/g, '').replace('m=video 9', 'm=video 0');
    expect(session.readAnswer(bare, shape)).toMatchObject({ ok: false, reason: 'encryption-required' });
  });
});

describe('a peer with ICE-lite', () => {
  const offer = own('cloud-caller--ice-lite-bundle-dtls');

  it('is checked by us, and sent to over its own candidates', () => {
    const { media } = agreed(session, offer);
    expect(media).toMatchObject({
      codec: 'opus',
      rtcpMux: true,
      security: { kind: 'dtls', setup: 'active' },
    });
    expect(media.ice).toMatchObject({ controlling: true, remote: { lite: true } });
    expect(media.ice?.remote.candidates.map(({ address, port }) => `${address} ${port}`)).toEqual([
      '192.0.2.35 3480',
      '2001:db8::699c 3480',
    ]);
  });

  it('leaves both ends to their candidates when we are lite too', () => {
    const lite = agreed(sessionOf('lite'), offer);
    expect(lite.sdp).toMatch(/^a=ice-lite\r$/m);
    expect(lite.media.ice).toMatchObject({ controlling: false, remote: { lite: true } });
  });

  describeShared('as it really is', 'sip', (folder) => {
    const name = 'whatsapp-ice-lite-dtls-invite.sip';
    const masked = (): string => readFileSync(join(folder, name), 'utf8').split(/\r?\n\r?\n/)[1];

    it('is refused as long as its password is stars', () => {
      expect(session.answer(masked())).toMatchObject({ ok: false });
    });

    it('is answered with its masked values filled in', () => {
      const offer = masked()
        .replace(/a=ice-pwd:\*+/, 'a=ice-pwd:k3mB0y5tJm2VgW8xQe7RpZ4c')
        .replace(/a=fingerprint:\*+/, `a=fingerprint:sha-256 ${ownFingerprint.value}`);
      const { sdp, media } = agreed(session, offer);
      expect(valueOf(sdp, 'group')).toBe('BUNDLE audio');
      expect(media.ice).toMatchObject({ controlling: true, remote: { lite: true } });
      expect(media).toMatchObject({ codec: 'opus', dtmfPayloadTypes: [126] });
    });
  });
});

describe('a carrier without ICE', () => {
  const offer = own('carrier--dtls-without-ice');

  it('is said hello to when it waits for that', () => {
    const { sdp, media } = agreed(session, offer);
    expect(media.security).toMatchObject({ setup: 'active' });
    expect(media.ice).toBeUndefined();
    expect(media.rtcpMux).toBeUndefined();
    expect(sdp).not.toMatch(/ice-|candidate/);
  });

  it('says hello itself when it may: its hello shows where it is', () => {
    const { media } = agreed(session, offer.replace('a=setup:passive', 'a=setup:actpass'));
    expect(media.security).toMatchObject({ setup: 'passive' });
  });

  it('says hello when it leaves a=setup out (RFC 4145 §4)', () => {
    const { media } = agreed(session, offer.replace('a=setup:passive\r\n', ''));
    expect(media.security).toMatchObject({ setup: 'passive' });
  });

  it('may hold the connection that there is, but not begin with that', () => {
    const holds = offer.replace('a=setup:passive', 'a=setup:holdconn');
    expect(session.answer(holds)).toMatchObject({ ok: false });
    const first = agreed(session, offer);
    const answer = session.answer(holds);
    if (!answer.ok) throw new Error(answer.reason);
    expect(valueOf(answer.answerSdp, 'setup')).toBe('holdconn');
    expect(answer.media.security).toEqual(first.media.security);
  });

  it('gets an a=tls-id for its own, and another one for another association', () => {
    const id = (value: string) => offer.replace('a=ptime', `a=tls-id:${value}\r\na=ptime`);
    const first = agreed(session, id('abcdefghijklmnopqrst1'));
    const same = agreed(session, id('abcdefghijklmnopqrst1'));
    const other = agreed(session, id('abcdefghijklmnopqrst2'));
    expect(valueOf(first.sdp, 'tls-id')).toMatch(/^[\w+/-]{20,255}$/);
    expect(valueOf(same.sdp, 'tls-id')).toBe(valueOf(first.sdp, 'tls-id'));
    expect(valueOf(other.sdp, 'tls-id')).not.toBe(valueOf(first.sdp, 'tls-id'));
    expect(other.media.security).not.toEqual(first.media.security);
  });
});

describe('ICE without encryption', () => {
  it('over two ports', () => {
    const { sdp, media } = agreed(session, own('softphone--ice-with-two-ports'));
    expect(sdp.match(/^a=candidate:.*/gm)).toEqual(
      [
        'a=candidate:1 1 UDP 2130706431 198.51.100.7 20000 typ host\r',
        'a=candidate:1 2 UDP 2130706430 198.51.100.7 20001 typ host\r',
      ].map((line) => line.trimEnd()),
    );
    expect(media.ice?.remote.candidates).toHaveLength(4);
    expect(media.rtcpMux).toBeUndefined();
  });

  it('is left when a box on the way has changed the addresses', () => {
    const { sdp, media } = agreed(session, own('behind-alg--ice-mismatch'));
    expect(sdp).toMatch(/^a=ice-mismatch\r$/m);
    expect(sdp).not.toMatch(/candidate|ufrag/);
    expect(media.ice).toBeUndefined();
    expect(media.remote).toMatchObject({ address: '203.0.113.62', rtpPort: 61_000 });
  });

  it.each([
    ['a password that is too short', 'a=ice-pwd:Qw3rTy7uIoP1aSdF5gHjK2', 'a=ice-pwd:short'],
    ['a user name with other characters', 'a=ice-ufrag:ab7d', 'a=ice-ufrag:ab*d'],
    ['no password', 'a=ice-pwd:Qw3rTy7uIoP1aSdF5gHjK2\r\n', ''],
  ])('is refused with %s', (_what, good, bad) => {
    const offer = own('softphone--ice-with-two-ports').replace(good, bad);
    expect(session.answer(offer)).toMatchObject({ ok: false, reason: 'bad-offer' });
  });
});
