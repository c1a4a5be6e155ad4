import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IceSession } from '../../../../gateway/sip/ice-session.ts';
import { createLegVideo } from '../../../../gateway/sip/leg-video.ts';
import type { Answer, AnswerRead } from '../../../../gateway/sip/offer-answer.ts';
import { createSdpSession } from '../../../../gateway/sip/sdp-session.ts';
import type { SdpSession } from '../../../../gateway/sip/sdp-session.ts';
import type { Unusable } from '../../../../gateway/sip/stream-line.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { expectLawfulAnswer, mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity } from '../../../support/sdp-security.ts';

const own = (name: string): string => readFileSync(`test/fixtures/sdp/${name}.sdp`, 'utf8');

/** One whose media node gave no ports for video yet. */
function voiceOnly(policy: 'off' | 'prefer' | 'require' = 'prefer', rtpPort = 20_000): SdpSession {
  return createSdpSession({
    address: '198.51.100.7',
    rtpPort,
    rtcpPort: rtpPort + 1,
    sessionId: 5,
    supported: ['PCMU', 'PCMA'],
    security: localSecurity(policy),
    ice: new IceSession('full'),
  });
}

function session(policy: 'off' | 'prefer' | 'require' = 'prefer', rtpPort = 20_000): SdpSession {
  const sdp = voiceOnly(policy, rtpPort);
  sdp.addVideo({ rtpPort: rtpPort + 2, rtcpPort: rtpPort + 3 });
  return sdp;
}

function taken<T extends Answer | AnswerRead>(made: T | Unusable): T {
  if (!made.ok) throw new Error(`${made.reason}: ${made.warning.text}`);
  return made;
}

/** Answers and goes on from there. */
function answer(sdp: SdpSession, offer: string): Answer {
  const made = taken(sdp.answer(offer));
  expectLawfulAnswer(offer, made.answerSdp);
  sdp.commit(made.answerSdp, made.shape, made.media);
  return made;
}

/** One offers to the other, and both agree. */
function exchange(from: SdpSession, to: SdpSession): { offer: string; answered: Answer; read: AnswerRead } {
  const { offerSdp, shape } = from.offer();
  from.commit(offerSdp, shape);
  const answered = answer(to, offerSdp);
  const read = taken(from.readAnswer(answered.answerSdp, shape));
  from.agree(read);
  return { offer: offerSdp, answered, read };
}

/** A browser that puts sound and picture into transports of their own. */
const apart = own('browser--mdns-candidates-and-video').replace('a=group:BUNDLE 0 1\r\n', '');

describe('room for video', () => {
  it.each([
    ['cisco-codec--both-modes-and-full-hd-by-max-fs', 'takeable'],
    ['yealink--hold-sendonly', 'none'],
  ])('is wanted by %s: %s', (name, wanted) => {
    expect(session().videoOffered(own(name))).toBe(wanted);
  });

  it.each([
    ['modern-codec--h265-av1-and-vp9-only', 'None of the video codecs is H264'],
    ['browser--mdns-candidates-and-video', 'BUNDLE'],
  ])('is not wanted by %s, and why is said though there never were ports', async (name, why) => {
    const sdp = voiceOnly();
    const opened: string[] = [];
    const openVideo = () => {
      opened.push('video');
      return Promise.resolve({ rtpPort: 4000, rtcpPort: 4001 });
    };
    const video = createLegVideo({
      allowed: true,
      media: { openVideo },
      sdp,
      deadlineMs: 1000,
      log: quietLog(),
    });
    await video.beforeAnswer(own(name));
    const { videoRefused } = taken(sdp.answer(own(name)));
    expect(videoRefused?.text).toContain(why);
    // A later offer of what can be taken is another matter.
    await video.beforeAnswer(own('cisco-codec--both-modes-and-full-hd-by-max-fs'));
    expect(opened).toEqual(['video']);
  });

  it('is not wanted by a key that is missing', () => {
    expect(session().videoOffered(own('sbc--encrypted-video-without-key-beside-plain-audio'))).toHaveProperty(
      'text',
    );
  });

  it('is not asked for by a browser’s group, and asking changes no answer', () => {
    const sdp = session();
    expect(sdp.videoOffered(own('browser--mdns-candidates-and-video'))).toHaveProperty('code', 304);
    const first = taken(sdp.answer(apart)).answerSdp;
    expect(sdp.videoOffered(apart)).toBe('takeable');
    expect(taken(sdp.answer(apart)).answerSdp).toBe(first);
  });
});

describe('each stream', () => {
  it('has ICE and DTLS of its own', () => {
    const { media, answerSdp } = answer(session(), apart);
    expect(media.video).toMatchObject({
      codec: 'VP8',
      security: { kind: 'dtls', setup: 'active' },
      ice: { remote: { ufrag: 'sXqL' } },
      rtcpMux: true,
      feedback: { pli: true },
    });
    expect(media.video?.ice?.local).not.toEqual(media.ice?.local);
    expect(answerSdp.match(/^a=candidate:/gm)).toHaveLength(2);
    expect(answerSdp).toContain(' 198.51.100.7 20002 typ host');
  });

  it('keeps them in our own offers', () => {
    const sdp = session();
    const { media } = answer(sdp, apart);
    const { offerSdp } = sdp.offer();
    for (const { local } of [media.ice, media.video?.ice].flatMap((ice) => ice ?? []))
      expect(offerSdp).toContain(`a=ice-ufrag:${local.ufrag}\r\n`);
    expect(offerSdp.match(/^a=setup:actpass/gm)).toHaveLength(2);
    expect(mediaLines(offerSdp).map(({ proto }) => proto)).toEqual([
      'UDP/TLS/RTP/SAVPF',
      'UDP/TLS/RTP/SAVPF',
    ]);
    // VP8 keeps its type, H.264 gets one that means nothing else.
    expect(offerSdp).toMatch(/^a=rtpmap:96 VP8\/90000/m);
  });

  it.each(['prefer', 'require'] as const)('has SDES keys of its own in our offer: %s', (policy) => {
    const [ours, theirs] = [session(policy), session(policy, 30_000)];
    const { offer, answered, read } = exchange(ours, theirs);
    const proto = policy === 'require' ? 'RTP/SAVP' : 'RTP/AVP';
    expect(mediaLines(offer).map((line) => line.proto)).toEqual([proto, proto]);
    expect(read.media.video?.security).toEqual({
      kind: 'sdes',
      send: answered.media.video?.security?.kind === 'sdes' && answered.media.video.security.receive,
      receive: answered.media.video?.security?.kind === 'sdes' && answered.media.video.security.send,
    });
    expect(read.media.security).not.toEqual(read.media.video?.security);
    // One key each from now on.
    expect(ours.offer().offerSdp.match(/^a=crypto:/gm)).toHaveLength(2);
  });

  it('is never taken in plain where our offer wants it encrypted', () => {
    const sdp = session('require');
    const { offerSdp, shape } = sdp.offer();
    sdp.commit(offerSdp, shape);
    const { answerSdp } = answer(session('require', 30_000), offerSdp);
    const [head, audio, video] = answerSdp.split(/^m=/m);
    const plain = `${head}m=${audio}m=${video.replace(/a=crypto.*\r\n/, '')}`;
    const read = taken(sdp.readAnswer(plain, shape));
    expect(read.media.video).toBeUndefined();
    expect(read.videoRefused?.text).toBe('The answer takes none of the offered keys');
  });
});

describe('two of us', () => {
  it('agree on H.264 with fragments and all feedback', () => {
    const { read, answered } = exchange(session('off'), session('off', 30_000));
    for (const { media } of [read, answered])
      expect(media.video).toMatchObject({
        codec: 'H264',
        payloadType: 97,
        h264: {
          profile: 'constrained-baseline',
          level: 31,
          packetizationMode: 1,
          maxFrameMacroblocks: 8192,
          maxFps: 30,
        },
        feedback: { nack: true, pli: true, fir: true, tmmbr: true },
        maxBitrate: 4_000_000,
        direction: 'sendrecv',
      });
  });

  it('stay with what they agreed on, in both directions', () => {
    const [one, other] = [session('off'), session('off', 30_000)];
    const { read } = exchange(one, other);
    const back = exchange(other, one);
    expect(back.answered.media.video).toMatchObject({ ...read.media.video });
    expect(mediaLines(back.offer)[1].formats).toEqual(['97', '98', '96', '99', '34']);
  });

  it('do without it and take it up again in place', () => {
    const [one, other] = [session('off'), session('off', 30_000)];
    const { offer } = exchange(one, other);
    const without = answer(other, offer.replace('m=video 20002', 'm=video 0'));
    expect(without.media.video).toBeUndefined();
    expect(mediaLines(other.offer().offerSdp)[1].port).toBe(30_002);
  });
});
