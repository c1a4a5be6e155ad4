import { describe, expect, it } from 'vitest';
import type { LegSecurity, SrtpPolicy } from '../../../../gateway/ports.ts';
import type { LocalMedia } from '../../../../gateway/sip/offer-answer.ts';
import { answerOffer } from '../../../../gateway/sip/offer-answer.ts';
import { createSdpSession } from '../../../../gateway/sip/sdp-session.ts';
import { expectLawfulAnswer, mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity, ownFingerprint } from '../../../support/sdp-security.ts';

const key = 'h77xBx3cFE4uhlQtSlBa4a8veOdxnbd6OBxy2bAy';
const otherKey = 'FHoHEZk7wM6b/frTeX+fzQ/K0PtuAvfIzRqjol9K';
const suite = 'AES_CM_128_HMAC_SHA1_80';
const crypto = `a=crypto:1 ${suite} inline:${key}`;

const sdp = (...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');
const audio = (proto: string, ...attributes: string[]) => [`m=audio 5004 ${proto} 0`, ...attributes];

const local = (policy: SrtpPolicy): LocalMedia => ({
  address: '198.51.100.7',
  rtpPort: 20_000,
  rtcpPort: 20_001,
  sessionId: 1,
  version: 1,
  supported: ['PCMU'],
  security: localSecurity(policy),
  ice: null,
});

const fingerprint = `a=fingerprint:sha-256 ${ownFingerprint.value}`;

/** The outcome: the profiles of the lines that are used, with `crypto` where the answer has a key; or a refusal. */
function outcome(policy: SrtpPolicy, offer: string): string {
  const result = answerOffer(offer, local(policy));
  if (!result.ok) return `${result.reason} ${result.warning.code}`;
  expectLawfulAnswer(offer, result.answerSdp);
  const proto = mediaLines(result.answerSdp).find(({ port }) => port !== 0)?.proto ?? '';
  const kind = result.media.security?.kind;
  expect(result.answerSdp.includes('a=crypto')).toBe(kind === 'sdes');
  expect(result.answerSdp.includes('a=fingerprint')).toBe(kind === 'dtls');
  return kind === undefined ? proto : `${proto} ${kind === 'sdes' ? 'crypto' : kind}`;
}

describe('the policy', () => {
  const offers = {
    plain: sdp(...audio('RTP/AVP')),
    optional: sdp(...audio('RTP/AVP', crypto)),
    required: sdp(...audio('RTP/AVP', crypto, 'a=encryption:required')),
    savp: sdp(...audio('RTP/SAVP', crypto)),
    savpf: sdp(...audio('RTP/SAVPF', crypto)),
    unknownSuite: sdp(...audio('RTP/SAVP', `a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key}`)),
    noKey: sdp(...audio('RTP/SAVP')),
    dtls: sdp(...audio('UDP/TLS/RTP/SAVPF', fingerprint, 'a=setup:actpass')),
    dtlsUnreadable: sdp(...audio('UDP/TLS/RTP/SAVPF', 'a=fingerprint:sha-256 00:11', 'a=setup:actpass')),
    dtlsWeak: sdp(...audio('UDP/TLS/RTP/SAVPF', `a=fingerprint:md5 ${'00:'.repeat(15)}00`)),
    dtlsHeld: sdp(...audio('UDP/TLS/RTP/SAVPF', fingerprint, 'a=setup:holdconn')),
    dtlsAndKey: sdp(...audio('RTP/SAVP', crypto, fingerprint, 'a=setup:actpass')),
    dtlsOfOld: sdp(fingerprint, ...audio('RTP/SAVPF')),
    both: sdp(...audio('RTP/SAVP', crypto), ...audio('RTP/AVP')),
    plainFirst: sdp(...audio('RTP/AVP'), ...audio('RTP/SAVP', crypto)),
    dtlsAndPlain: sdp(...audio('UDP/TLS/RTP/SAVPF', fingerprint), ...audio('RTP/AVP')),
    clear: sdp(...audio('RTP/SAVP', `${crypto} UNENCRYPTED_SRTP`)),
  } as const;

  it.each<[keyof typeof offers, string, string, string]>([
    ['plain', 'RTP/AVP', 'RTP/AVP', 'encryption-required 302'],
    ['optional', 'RTP/AVP', 'RTP/AVP crypto', 'RTP/AVP crypto'],
    ['required', 'encryption-unusable 302', 'RTP/AVP crypto', 'RTP/AVP crypto'],
    ['savp', 'encryption-unusable 302', 'RTP/SAVP crypto', 'RTP/SAVP crypto'],
    ['savpf', 'encryption-unusable 302', 'RTP/SAVPF crypto', 'RTP/SAVPF crypto'],
    ['unknownSuite', 'encryption-unusable 302', 'encryption-unusable 305', 'encryption-unusable 305'],
    ['noKey', 'encryption-unusable 302', 'encryption-unusable 305', 'encryption-unusable 305'],
    ['dtls', 'encryption-unusable 302', 'UDP/TLS/RTP/SAVPF dtls', 'UDP/TLS/RTP/SAVPF dtls'],
    ['dtlsOfOld', 'encryption-unusable 302', 'RTP/SAVPF dtls', 'RTP/SAVPF dtls'],
    ['dtlsUnreadable', 'encryption-unusable 302', 'encryption-unusable 305', 'encryption-unusable 305'],
    ['dtlsWeak', 'encryption-unusable 302', 'encryption-unusable 305', 'encryption-unusable 305'],
    ['dtlsHeld', 'encryption-unusable 302', 'encryption-unusable 305', 'encryption-unusable 305'],
    ['dtlsAndKey', 'encryption-unusable 302', 'RTP/SAVP dtls', 'RTP/SAVP dtls'],
    ['both', 'RTP/AVP', 'RTP/SAVP crypto', 'RTP/SAVP crypto'],
    ['plainFirst', 'RTP/AVP', 'RTP/SAVP crypto', 'RTP/SAVP crypto'],
    ['dtlsAndPlain', 'RTP/AVP', 'UDP/TLS/RTP/SAVPF dtls', 'UDP/TLS/RTP/SAVPF dtls'],
    ['clear', 'encryption-unusable 302', 'RTP/SAVP crypto', 'encryption-unusable 305'],
  ])('%s', (offer, off, prefer, required) => {
    expect([
      outcome('off', offers[offer]),
      outcome('prefer', offers[offer]),
      outcome('require', offers[offer]),
    ]).toEqual([off, prefer, required]);
  });

  it('takes the first line that is usable and whole', () => {
    const offer = sdp(
      ...audio(
        'RTP/SAVP',
        `a=crypto:1 F8_128_HMAC_SHA1_80 inline:${key}`,
        `a=crypto:2 ${suite} inline:${key} UNENCRYPTED_SRTP`,
        `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${key}|2^31|1:1 UNENCRYPTED_SRTCP`,
        `a=crypto:4 ${suite} inline:${key}`,
      ),
    );
    const result = answerOffer(offer, local('prefer'));
    if (!result.ok) throw new Error(result.reason);
    expectLawfulAnswer(offer, result.answerSdp);
    expect(result.answerSdp).toMatch(
      /^a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:[\w+/]{40} UNENCRYPTED_SRTCP\r$/m,
    );
    expect(result.media.security).toMatchObject({
      receive: {
        profile: 'AES_CM_128_HMAC_SHA1_32',
        keys: [{ inline: key, mki: '01' }],
        unencryptedRtcp: true,
      },
      send: { profile: 'AES_CM_128_HMAC_SHA1_32', unencryptedRtcp: true },
    });
  });
});

describe('keys over a session’s life', () => {
  const session = (policy: SrtpPolicy) => {
    const { version: _, ...rest } = local(policy);
    const made = createSdpSession(rest);
    const answer = (offer: string) => {
      const result = made.answer(offer);
      if (!result.ok) throw new Error(result.reason);
      made.commit(result.answerSdp, result.shape, result.media);
      return { text: result.answerSdp, security: sdes(result.media.security) };
    };
    return { ...made, answer };
  };
  const sdes = (security: LegSecurity | undefined) => {
    if (security?.kind !== 'sdes') throw new Error('no SDES');
    return security;
  };
  const offer = (inline: string, direction = 'sendrecv') =>
    sdp(...audio('RTP/SAVP', `a=crypto:1 ${suite} inline:${inline}`, `a=${direction}`));

  it('an identical offer gets the same answer, to the key', () => {
    const { answer } = session('prefer');
    expect(answer(offer(key)).text).toBe(answer(offer(key)).text);
  });

  it('hold keeps the keys', () => {
    const { answer } = session('prefer');
    expect(answer(offer(key, 'sendonly')).security).toEqual(answer(offer(key)).security);
  });

  it('a peer’s new key gets a new one of ours', () => {
    const { answer } = session('prefer');
    const [first, second] = [answer(offer(key)).security, answer(offer(otherKey)).security];
    expect(second.receive.keys[0].inline).toBe(otherKey);
    expect(second.send.keys[0].inline).not.toBe(first.send.keys[0].inline);
  });

  it('our own offer in an encrypted session has the session’s profile, suite and key', () => {
    const made = session('prefer');
    const { security } = made.answer(offer(key));
    const { offerSdp, shape } = made.offer();
    expect(mediaLines(offerSdp)[0].proto).toBe('RTP/SAVP');
    expect(offerSdp.match(/^a=crypto:.*/gm)).toEqual([
      `a=crypto:1 ${suite} inline:${security.send.keys[0].inline}`,
    ]);
    expect(made.readAnswer(offer(otherKey), shape)).toMatchObject({
      ok: true,
      media: { security: { send: security.send, receive: { keys: [{ inline: otherKey }] } } },
    });
  });

  it.each([
    ['off', 'RTP/AVP', 0],
    ['prefer', 'RTP/AVP', 4],
    ['require', 'RTP/SAVP', 4],
  ] as const)('our first offer: %s', (policy, proto, suites) => {
    const { offerSdp } = session(policy).offer();
    expect(mediaLines(offerSdp)[0].proto).toBe(proto);
    expect(offerSdp.match(/^a=crypto:\d+ \w+ inline:\S+\r$/gm) ?? []).toHaveLength(suites);
  });

  it('reads which of our keys the answer took', () => {
    for (const policy of ['prefer', 'require'] as const) {
      const made = session(policy);
      const { offerSdp, shape } = made.offer();
      const [, ours = ''] = /^a=crypto:3 AEAD_AES_256_GCM inline:(\S+)/m.exec(offerSdp) ?? [];
      const theirs = `${'A'.repeat(58)}A=`;
      const proto = mediaLines(offerSdp)[0].proto;
      const answer = sdp(...audio(proto, `a=crypto:3 AEAD_AES_256_GCM inline:${theirs}`));
      const read = made.readAnswer(answer, shape);
      if (!read.ok) throw new Error(read.reason);
      expect(sdes(read.media.security).send.keys[0].inline).toBe(ours);
    }
  });

  it.each([
    ['no key, where keys were optional', 'prefer', [], true],
    ['no key, where they were not', 'require', [], false],
    ['a tag that was not offered', 'prefer', [`a=crypto:77 ${suite} inline:${key}`], false],
    [
      'a suite that the tag was not for',
      'require',
      [`a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key}`],
      false,
    ],
    ['half of SRTP', 'require', [`${crypto} UNENCRYPTED_SRTP`], false],
  ] as const)('an answer with %s', (_what, policy, attributes, taken) => {
    const made = session(policy);
    const { offerSdp, shape } = made.offer();
    const read = made.readAnswer(sdp(...audio(mediaLines(offerSdp)[0].proto, ...attributes)), shape);
    expect(read).toMatchObject(taken ? { ok: true } : { ok: false, reason: 'encryption-required' });
  });
});
