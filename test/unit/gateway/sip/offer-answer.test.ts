import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answer, LocalMedia } from '../../../../gateway/sip/offer-answer.ts';
import { answerOffer, readAnswer } from '../../../../gateway/sip/offer-answer.ts';
import { makeOffer } from '../../../../gateway/sip/own-offer.ts';
import type { Unusable } from '../../../../gateway/sip/stream-line.ts';
import { expectLawfulAnswer, mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity } from '../../../support/sdp-security.ts';
import { describeShared } from '../../../support/shared-fixtures.ts';

const local: LocalMedia = {
  address: '198.51.100.7',
  rtpPort: 20_000,
  rtcpPort: 20_001,
  sessionId: 42,
  version: 3,
  supported: ['PCMU', 'PCMA'],
  security: localSecurity(),
  ice: null,
};

const wideband: LocalMedia = { ...local, supported: ['opus', 'G722', 'PCMU', 'PCMA'] };

const ownFolder = 'test/fixtures/sdp';
const own = (name: string): string => readFileSync(join(ownFolder, `${name}.sdp`), 'utf8');

function answered(offer: string, to: LocalMedia = local): Answer {
  const result = answerOffer(offer, to);
  if (!result.ok) throw new Error(`refused: ${result.reason} (${result.warning.text})`);
  expectLawfulAnswer(offer, result.answerSdp);
  return result;
}

function refused(offer: string): Unusable {
  const result = answerOffer(offer, local);
  if (result.ok) throw new Error(`answered: ${result.answerSdp}`);
  return result;
}

describe('answers to room systems and phones', () => {
  const refusals: Readonly<Record<string, string>> = {
    'browser--bundle-dtls': 'encryption-unusable',
    'old-pbx--keys-by-mikey': 'encryption-unusable',
    'cloud-caller--ice-lite-bundle-dtls': 'no-common-codec',
    'gateway--only-g729': 'no-common-codec',
    'fax-server--refused-audio-line': 'no-common-codec',
  };
  const names = readdirSync(ownFolder).map((file) => file.replace('.sdp', ''));

  it.each(names)('%s', (name) => {
    if (name in refusals) expect(refused(own(name)).reason).toBe(refusals[name]);
    else answered(own(name));
  });

  it('takes the first codec of the offer that it knows, not its own favourite', () => {
    expect(answered(own('cisco-room--five-lines-bfcp-slides-fecc')).media).toMatchObject({
      codec: 'PCMA',
      payloadType: 8,
    });
    expect(answered(own('yealink--hold-sendonly')).media.codec).toBe('PCMU');
  });

  it('answers five lines of a room system in place', () => {
    const { answerSdp } = answered(own('cisco-room--five-lines-bfcp-slides-fecc'));
    expect(mediaLines(answerSdp)).toEqual([
      { kind: 'audio', port: 20_000, proto: 'RTP/AVP', formats: ['8', '0', '101'] },
      { kind: 'video', port: 0, proto: 'RTP/AVP', formats: ['97'] },
      { kind: 'application', port: 0, proto: 'UDP/BFCP', formats: ['*'] },
      { kind: 'video', port: 0, proto: 'RTP/AVP', formats: ['97'] },
      { kind: 'application', port: 0, proto: 'RTP/AVP', formats: ['107'] },
    ]);
  });

  it.each([
    ['prefer', 'RTP/SAVP 20000', 'RTP/AVP 0'],
    ['require', 'RTP/SAVP 20000', 'RTP/AVP 0'],
    ['off', 'RTP/SAVP 0', 'RTP/AVP 20000'],
  ] as const)('chooses between a line and its encrypted twin by the policy: %s', (policy, first, second) => {
    const offer = own('poly-group--savp-and-avp-on-one-port');
    const { answerSdp } = answered(offer, { ...local, security: localSecurity(policy) });
    expect(mediaLines(answerSdp).map(({ proto, port }) => `${proto} ${port}`)).toEqual([
      first,
      second,
      'UDP/BFCP 0',
      'TCP/BFCP 0',
    ]);
  });

  it('takes optional encryption on RTP/AVP, and declines it without a word when SRTP is off', () => {
    const offer = own('snom--optional-crypto-on-avp');
    const { answerSdp, media } = answered(offer);
    expect(mediaLines(answerSdp)[0].proto).toBe('RTP/AVP');
    expect(media.security).toMatchObject({ send: { profile: 'AES_CM_128_HMAC_SHA1_32' } });
    const off = answered(offer, { ...local, security: localSecurity('off') });
    expect(off.answerSdp).not.toMatch(/crypto|encryption/);
    expect(off.media.security).toBeUndefined();
  });

  it('passes over keys that it can’t use, and takes several that are told apart by their MKIs', () => {
    const { answerSdp, media } = answered(own('sbc--several-suites-and-a-key-change-plan'));
    expect(answerSdp).toMatch(/^a=crypto:21 AES_256_CM_HMAC_SHA1_80 inline:[\w+/]{62}==\r$/m);
    expect(media.security).toMatchObject({ receive: { keys: [{ mki: '00000001' }, { mki: '00000002' }] } });
  });

  it('knows static payload types without rtpmap', () => {
    const { media, answerSdp } = answered(own('grandstream--static-types-without-rtpmap'));
    expect(media).toMatchObject({ codec: 'PCMA', payloadType: 8, dtmfPayloadTypes: [], ptimeMs: 30 });
    expect(answerSdp).toContain('a=rtpmap:8 PCMA/8000\r\n');
    expect(answerSdp).not.toContain('telephone-event');
  });

  it('takes telephone-event at the clocks of our codecs, the chosen one’s first', () => {
    const { media, answerSdp } = answered(own('softphone--events-at-three-clocks'));
    expect(media).toMatchObject({ codec: 'PCMA', dtmfPayloadTypes: [102, 101] });
    expect(answerSdp).toContain('m=audio 20000 RTP/AVP 8 102 101\r\n');
    expect(answerSdp).toContain('a=rtpmap:102 telephone-event/8000\r\na=fmtp:102 0-15\r\n');
    expect(answerSdp).toContain('a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-15\r\n');
    const opus = answered(own('softphone--events-at-three-clocks'), wideband);
    expect(opus.media).toMatchObject({ codec: 'opus', payloadType: 96, dtmfPayloadTypes: [101, 102] });
    expect(opus.answerSdp).toContain('m=audio 20000 RTP/AVP 96 101 102\r\n');
  });

  it.each([
    ['all of them', '0-15', '0-15'],
    ['some, and the flash', '0-11,16', '0-11'],
    ['a name, and spaces for commas', 'events=0-9, 11 12,', '0-9,11,12'],
    ['half a range', '0-', '0-15'],
    ['no event', '1000', '0-15'],
    // Where events may touch, these digits are tried in every way to cut them, for minutes.
    ['many digits', `${'1'.repeat(36)}x`, '0-15'],
    ['many events', `${'1,'.repeat(30_000)}x`, '0-15'],
  ])('takes of offered events (%s) those that are keys', (_trait, events, keys) => {
    const offer = own('softphone--events-at-three-clocks');
    const listed = offer.replace('a=fmtp:102 0-16', `a=fmtp:102 ${events}`);
    expect(answered(listed).answerSdp).toContain(`a=fmtp:102 ${keys}\r\n`);
  });

  it('hears a peer that holds and sends it nothing', () => {
    const held = answered(own('yealink--hold-sendonly'));
    expect(held.media.direction).toBe('recvonly');
    expect(held.answerSdp).toContain('a=recvonly\r\n');
    expect(answered(own('old-phone--hold-by-zero-address')).media).toMatchObject({
      direction: 'recvonly',
      remote: { address: '0.0.0.0' },
    });
    const inactive = answered(own('avaya--inactive-at-session-level'));
    expect(inactive.media.direction).toBe('inactive');
    expect(inactive.answerSdp).toContain('a=inactive\r\n');
  });

  it('turns recvonly round', () => {
    const offer = own('yealink--hold-sendonly').replace('a=sendonly', 'a=recvonly');
    expect(answered(offer).media.direction).toBe('sendonly');
  });

  it('sends RTCP where a=rtcp says, and to the next port without it', () => {
    const named = answered(own('sbc--host-name-and-rtcp-port'));
    expect(named.media.remote).toEqual({ address: 'media.example.net', rtpPort: 20_000, rtcpPort: 20_011 });
    expect(answered(own('yealink--hold-sendonly')).media.remote).toEqual({
      address: '192.0.2.20',
      rtpPort: 11_780,
      rtcpPort: 11_781,
    });
  });

  it('repeats the offer’s t= line', () => {
    expect(answered(own('sbc--host-name-and-rtcp-port')).answerSdp).toContain('t=2873397496 2873404696\r\n');
  });

  it('takes RTCP on the RTP port, and the group that it is offered in, also in plain RTP', () => {
    const { answerSdp, media } = answered(own('sbc--bundle-group-on-plain-rtp'));
    expect(answerSdp).toMatch(/^a=rtcp-mux\r$/m);
    expect(answerSdp).toMatch(/^a=group:BUNDLE \S+\r$/m);
    expect(media).toMatchObject({ rtcpMux: true, remote: { rtpPort: 30_000, rtcpPort: 30_000 } });
    const apart = answered(own('sbc--bundle-group-on-plain-rtp').replace('a=rtcp-mux\r\n', ''));
    expect(apart.answerSdp).not.toContain('rtcp-mux');
    expect(apart.media.remote.rtcpPort).toBe(30_001);
  });

  it('names its RTCP port when it is not the next one', () => {
    expect(answered(own('yealink--hold-sendonly'), { ...local, rtcpPort: 20_005 }).answerSdp).toContain(
      'a=rtcp:20005\r\n',
    );
  });

  it('speaks IPv6 when its own address does', () => {
    const { answerSdp, media } = answered(own('ip6-phone--address-of-the-other-family'), {
      ...local,
      address: '2001:db8::7',
    });
    expect(answerSdp).toContain('o=- 42 3 IN IP6 2001:db8::7\r\n');
    expect(media.remote.address).toBe('2001:db8::20');
  });

  it.each([
    ['no text', ''],
    ['another protocol', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a media line without formats', 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP\r\n'],
    ['a port out of range', 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 70000 RTP/AVP 0\r\n'],
    ['no connection address', 'v=0\r\ns=-\r\nm=audio 5004 RTP/AVP 0\r\n'],
    ['an impossible address', 'v=0\r\nc=IN IP4 300.1.1.1\r\nm=audio 5004 RTP/AVP 0\r\n'],
    ['a multicast address', 'v=0\r\nc=IN IP4 224.2.1.1/127\r\nm=audio 5004 RTP/AVP 0\r\n'],
    ['too many lines', `v=0\r\nc=IN IP4 192.0.2.1\r\n${'m=audio 5004 RTP/AVP 0\r\n'.repeat(33)}`],
    ['too much text', `v=0\r\n${'a=x\r\n'.repeat(20_000)}`],
  ])('refuses %s', (_name, offer) => {
    expect(refused(offer).reason).toBe('bad-offer');
  });

  it('refuses an offer of video alone', () => {
    expect(refused('v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 5004 RTP/AVP 97\r\n').reason).toBe(
      'no-common-codec',
    );
  });
});

/** Whether a payload type of an offer's audio is one of ours, by a search of its own in the text. */
function isKnown(offer: string, format: string): boolean {
  const name = new RegExp(`^a=rtpmap:${format} (\\S+)`, 'm').exec(offer)?.[1].toLowerCase();
  if (name === undefined) return ['0', '8', '9'].includes(format);
  return ['pcmu/8000', 'pcma/8000', 'g722/8000', 'opus/48000/2'].includes(name.replace(/8000\/1$/, '8000'));
}

describeShared('offers that real devices sent', 'sip', (folder) => {
  const files = readdirSync(folder).filter((file) => /-offer\.sdp$|-invite\.sip$/.test(file));

  it.each(files)('%s', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const offer = file.endsWith('.sip') ? text.slice(text.search(/^v=0/m)) : text;
    const audio = mediaLines(offer).filter(({ kind, port }) => kind === 'audio' && port !== 0);
    const result = answerOffer(offer, local);
    if (audio.every(({ proto }) => proto.includes('SAVP')) && !/^a=crypto:\d/m.test(offer)) {
      // DTLS, or a key that its publisher masked.
      expect(result).toMatchObject({ ok: false, reason: 'encryption-unusable' });
      return;
    }
    const { answerSdp, media } = answered(offer);
    const known = audio[0].formats.filter((format) => format === '0' || format === '8');
    expect([media, ...(media.alternatives ?? [])].map(({ payloadType }) => String(payloadType))).toEqual(
      known,
    );
    expect(media.dtmfPayloadTypes).toHaveLength(1);
    expect(mediaLines(answerSdp).filter(({ port }) => port !== 0)).toEqual([
      {
        kind: 'audio',
        port: local.rtpPort,
        proto: audio[0].proto,
        formats: [...known, ...[...media.dtmfPayloadTypes, ...(media.noisePayloadTypes ?? [])].map(String)],
      },
    ]);
    const wide = answered(offer, wideband).media;
    expect(String(wide.payloadType)).toBe(audio[0].formats.find((format) => isKnown(offer, format)));
  });
});

describeShared('an answer that a real server gave', 'sip', (folder) => {
  it('takes the key of Exchange’s', () => {
    const text = readFileSync(join(folder, 'exchange-um-srtp-answer.sip'), 'utf8');
    const required = { ...local, security: localSecurity('require') };
    expect(readAnswer(text.slice(text.search(/^v=0/m)), required, makeOffer(required).shape)).toMatchObject({
      ok: true,
      media: { codec: 'PCMU', security: { receive: { profile: 'AES_CM_128_HMAC_SHA1_80' } } },
    });
  });
});

/** One audio line with the given m-line formats and attributes. */
function audioOffer(formats: string, ...attributes: string[]): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    `m=audio 5004 RTP/AVP ${formats}`,
  ]
    .concat(attributes)
    .join('\r\n')
    .concat('\r\n');
}

const opusMap = 'a=rtpmap:107 opus/48000/2';

describe('wideband codecs', () => {
  it('takes Opus first from a trunk that offers it first, and understands the rest without a new offer', () => {
    const { media, answerSdp } = answered(
      audioOffer('107 0 8 101', opusMap, 'a=fmtp:107 useinbandfec=1', 'a=rtpmap:101 telephone-event/8000'),
      wideband,
    );
    expect(media).toMatchObject({
      codec: 'opus',
      payloadType: 107,
      alternatives: [
        { codec: 'PCMU', payloadType: 0 },
        { codec: 'PCMA', payloadType: 8 },
      ],
      dtmfPayloadTypes: [101],
      opus: { inbandFec: true, dtx: false, maxRateHz: 48_000, maxBitrate: 510_000 },
    });
    // One clock in the answer: timestamps and jitter have to fit each other (RFC 7160 §3).
    expect(mediaLines(answerSdp)[0].formats).toEqual(['107', '101']);
    expect(answerSdp).toContain('a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\n');
  });

  it('keeps the peer’s order, lists what it may change between, and needs no rtpmap for G.722', () => {
    const { media, answerSdp } = answered(audioOffer('18 9 8 0'), wideband);
    expect(media).toMatchObject({ codec: 'G722', payloadType: 9 });
    expect(media.opus).toBeUndefined();
    expect(mediaLines(answerSdp)[0].formats).toEqual(['9', '8', '0']);
    expect(answerSdp).toContain('a=rtpmap:9 G722/8000\r\n');
  });

  it('keeps to the codecs of the configuration', () => {
    const offer = audioOffer('107 9 8', opusMap);
    expect(answered(offer, { ...local, supported: ['PCMA', 'G722'] }).media).toMatchObject({
      codec: 'G722',
      alternatives: [{ codec: 'PCMA', payloadType: 8 }],
    });
    expect(answerOffer(offer, { ...local, supported: ['PCMU'] })).toMatchObject({
      reason: 'no-common-codec',
    });
  });

  it('knows Opus by its name, clock and channels only', () => {
    for (const map of ['opus/48000', 'opus/16000/2', 'opus/48000/1'])
      expect(answered(audioOffer('96 0', `a=rtpmap:96 ${map}`), wideband).media.codec).toBe('PCMU');
    expect(answered(audioOffer('96 0', 'a=rtpmap:96 OPUS/48000/2'), wideband).media.codec).toBe('opus');
  });

  it.each([
    ['', { inbandFec: false, dtx: false, maxRateHz: 48_000, maxBitrate: 510_000, cbr: false }],
    ['useinbandfec=1;usedtx=1', { inbandFec: true, dtx: true }],
    ['usedtx=0; useinbandfec=0', { inbandFec: false, dtx: false }],
    ['stereo=1; sprop-stereo=1; maxaveragebitrate=20000', { maxBitrate: 20_000 }],
    ['cbr=1', { cbr: true }],
    ['cbr=0;useinbandfec=1', { cbr: false, inbandFec: true }],
    ['maxaveragebitrate=1', { maxBitrate: 6000 }],
    ['maxaveragebitrate=9999999', { maxBitrate: 510_000 }],
    ['maxaveragebitrate=loud', { maxBitrate: 510_000 }],
    ['maxplaybackrate=8000', { maxRateHz: 8000 }],
    ['maxplaybackrate=12000', { maxRateHz: 8000 }],
    ['maxplaybackrate=16000', { maxRateHz: 16_000 }],
    ['maxplaybackrate=24000', { maxRateHz: 16_000 }],
    ['maxplaybackrate=48000', { maxRateHz: 48_000 }],
    ['MAXPLAYBACKRATE = 16000', { maxRateHz: 16_000 }],
  ])('reads what the peer wants of Opus: %s', (parameters, wishes) => {
    const { media } = answered(audioOffer('107', opusMap, `a=fmtp:107 ${parameters}`), wideband);
    expect(media.opus).toMatchObject(wishes);
  });

  it('asks for error correction always, for DTX only if the peer knows it, and for mono', () => {
    const answer = (parameters: string) =>
      answered(audioOffer('107', opusMap, `a=fmtp:107 ${parameters}`), wideband).answerSdp;
    expect(answer('stereo=1')).toContain('a=fmtp:107 useinbandfec=1\r\n');
    expect(answer('usedtx=1;stereo=1')).toContain('a=fmtp:107 useinbandfec=1;usedtx=1\r\n');
    expect(answer('stereo=1')).not.toContain('stereo');
  });

  it.each([
    ['0', [], 20],
    ['0', ['a=ptime:10'], 10],
    ['0', ['a=ptime:30'], 30],
    ['9', ['a=ptime:60'], 60],
    ['0', ['a=ptime:200'], 60],
    ['0', ['a=ptime:25'], 20],
    ['0', ['a=ptime:5'], 20],
    ['0', ['a=ptime:x'], 20],
    ['0', ['a=ptime:40', 'a=maxptime:30'], 30],
    ['0', ['a=maxptime:10'], 10],
    ['0', ['a=maxptime:150'], 20],
    ['107', [opusMap, 'a=ptime:40'], 40],
    ['107', [opusMap, 'a=ptime:60', 'a=maxptime:50'], 40],
    ['107', [opusMap, 'a=ptime:10'], 20],
  ])('sends packets as long as the peer asks for: %s %j %i ms', (formats, attributes, ptimeMs) => {
    const { media, answerSdp } = answered(audioOffer(formats, ...attributes), wideband);
    expect(media.ptimeMs).toBe(ptimeMs);
    expect(answerSdp).toContain(`a=ptime:${ptimeMs}\r\n`);
  });

  it('takes comfort noise with codecs of its clock', () => {
    const { media, answerSdp } = answered(
      audioOffer('0 13 101', 'a=rtpmap:101 telephone-event/8000'),
      wideband,
    );
    expect(media.noisePayloadTypes).toEqual([13]);
    expect(mediaLines(answerSdp)[0].formats).toEqual(['0', '101', '13']);
    expect(answerSdp).toContain('a=rtpmap:13 CN/8000\r\n');
    const named = answered(audioOffer('8 98', 'a=rtpmap:98 CN/8000'), wideband);
    expect(named.media.noisePayloadTypes).toEqual([98]);
    expect(answered(audioOffer('107 13', opusMap), wideband).media.noisePayloadTypes).toEqual([]);
    // Comfort noise alone is nothing to talk with.
    expect(answerOffer(audioOffer('13'), wideband)).toMatchObject({ reason: 'no-common-codec' });
  });
});

describe('our own offer', () => {
  it('has all codecs in the configured order, and events at both clocks', () => {
    const { offerSdp, shape } = makeOffer(wideband);
    expect(mediaLines(offerSdp)[0].formats).toEqual(['111', '9', '0', '8', '101', '110']);
    for (const line of [
      'rtpmap:111 opus/48000/2',
      'fmtp:111 useinbandfec=1',
      'rtpmap:110 telephone-event/48000',
    ])
      expect(offerSdp).toContain(`a=${line}\r\n`);
    const answer = audioOffer('9 111 110', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:110 telephone-event/48000');
    expect(readAnswer(answer, wideband, shape)).toMatchObject({
      ok: true,
      media: { codec: 'G722', alternatives: [{ codec: 'opus', payloadType: 111 }], dtmfPayloadTypes: [110] },
    });
  });

  it('offers PCMU, PCMA and digits, and reads the answer', () => {
    const { offerSdp, shape } = makeOffer(local);
    expect(mediaLines(offerSdp)).toEqual([
      { kind: 'audio', port: 20_000, proto: 'RTP/AVP', formats: ['0', '8', '101'] },
    ]);
    const answer =
      'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n';
    expect(readAnswer(answer, local, shape)).toMatchObject({
      ok: true,
      media: { codec: 'PCMA', dtmfPayloadTypes: [101], direction: 'sendrecv' },
    });
  });

  it('keeps the running session’s lines in place', () => {
    const plain = { ...local, security: localSecurity('off') };
    const { shape } = answered(own('poly-group--savp-and-avp-on-one-port'), plain);
    const { offerSdp } = makeOffer(plain, shape);
    expect(mediaLines(offerSdp).map(({ kind, proto, port }) => `${kind} ${proto} ${port}`)).toEqual([
      'audio RTP/SAVP 0',
      'audio RTP/AVP 20000',
      'application UDP/BFCP 0',
      'application TCP/BFCP 0',
    ]);
  });

  it.each([
    ['garbage', 'hello'],
    [
      'an answer with another line',
      'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0\r\nm=video 5006 RTP/AVP 97\r\n',
    ],
    ['an answer without audio', 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 5006 RTP/AVP 97\r\n'],
  ])('does not take %s', (_name, answer) => {
    expect(readAnswer(answer, local, makeOffer(local).shape)).toMatchObject({
      ok: false,
      reason: 'bad-offer',
    });
  });

  it('does not take an answer that refuses the audio', () => {
    const answer = 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n';
    expect(readAnswer(answer, local, makeOffer(local).shape)).toMatchObject({ ok: false });
  });
});

describe('VoIP metrics (RFC 3611 §5)', () => {
  const offer = (attributes: string, before = '') =>
    `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n${before}m=audio 5000 RTP/AVP 0\r\n${attributes}`;
  const xr = 'a=rtcp-xr:voip-metrics';

  it.each([
    ['for the stream', offer('a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n')],
    ['for the session', offer('', 'a=rtcp-xr:voip-metrics\r\n')],
  ])('are sent and asked for when they are asked for %s', (_where, sdp) => {
    const { answerSdp, media } = answered(sdp);
    expect(media.voipMetrics).toBe(true);
    expect(answerSdp).toContain(`${xr}\r\n`);
  });

  it.each([
    ['nothing', offer('')],
    ['other reports', offer('a=rtcp-xr:stat-summary=loss\r\n')],
  ])('are left alone when %s is asked for', (_what, sdp) => {
    const { answerSdp, media } = answered(sdp);
    expect(media.voipMetrics).toBeUndefined();
    expect(answerSdp).not.toContain('rtcp-xr');
  });

  it('are asked for in our own offers, and sent when the answer asks back', () => {
    const { offerSdp, shape } = makeOffer(local);
    expect(offerSdp).toContain(`${xr}\r\n`);
    const read = (attributes: string) => readAnswer(offer(attributes), local, shape);
    expect(read(`${xr}\r\n`)).toMatchObject({ ok: true, media: { voipMetrics: true } });
    expect(read('')).not.toHaveProperty('media.voipMetrics');
  });
});
