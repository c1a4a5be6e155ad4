import { describe, expect, it } from 'vitest';
import type { LegVideoConfig } from '../../../../gateway/ports.ts';
import type { LocalMedia } from '../../../../gateway/sip/offer-answer.ts';
import { IceSession } from '../../../../gateway/sip/ice-session.ts';
import { gateway } from '../../../support/clause.ts';
import { mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity } from '../../../support/sdp-security.ts';
import { answered, local, own, stream } from '../../../support/video-offers.ts';

function video(offer: string, to: LocalMedia = local()): LegVideoConfig & { lines: string[] } {
  const { media, answerSdp } = answered(offer, to);
  if (!media.video) throw new Error('no video');
  const section = answerSdp.split(/^m=/m).find((block) => block.startsWith(`video 21000 `));
  return { ...media.video, lines: (section ?? '').trim().split('\r\n').slice(1) };
}

/** One audio and one video line. */
function offering(formats: string, ...attributes: string[]): string {
  const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
  return `${head}m=audio 5004 RTP/AVP 0\r\nm=video 5006 RTP/AVP ${formats}\r\n${attributes.map((line) => `${line}\r\n`).join('')}`;
}

const h264 = (...parameters: string[]): string =>
  offering('97', 'a=rtpmap:97 H264/90000', `a=fmtp:97 ${parameters.join(';')}`);

describe('the video of room systems', () => {
  it('Cisco’s: fragments, 1080p by max-fs, feedback for all types, the main picture', () => {
    const config = video(own('cisco-codec--both-modes-and-full-hd-by-max-fs'));
    expect(config).toMatchObject({
      codec: 'H264',
      payloadType: 126,
      h264: {
        profile: 'baseline',
        level: 20,
        packetizationMode: 1,
        maxFrameMacroblocks: 8160,
        maxMacroblocksPerSecond: 245_000,
        maxBitrate: 2_500_000,
        maxFps: 60,
      },
      alternatives: [{ payloadType: 97, h264: { packetizationMode: 0 } }],
      feedback: { nack: false, pli: true, fir: true, tmmbr: true },
      maxBitrate: 2_500_000,
      remote: { address: '192.0.2.20', rtpPort: 16_386, rtcpPort: 16_387 },
      direction: 'sendrecv',
    });
    expect(config.lines).toEqual([
      'b=AS:4134',
      'b=TIAS:4000000',
      'a=rtpmap:126 H264/90000',
      'a=fmtp:126 profile-level-id=428014;packetization-mode=1;max-mbps=245760;max-fs=8192;max-br=4000;max-fps=3000',
      'a=rtcp-fb:* nack pli',
      'a=rtcp-fb:* ccm fir',
      'a=rtcp-fb:* ccm tmmbr',
      'a=content:main',
      'a=sendrecv',
    ]);
  });

  it(
    'Poly HDX’s: Constrained Baseline, feedback in one line, without its recovery of lost packets',
    gateway('RFC 5104 §7.1'),
    () => {
      const config = video(own('poly-hdx--feedback-in-one-line-and-lost-packet-recovery'));
      expect(config).toMatchObject({
        payloadType: 110,
        h264: { profile: 'constrained-baseline', level: 22, maxFrameMacroblocks: 8160 },
        feedback: { nack: false, pli: false, fir: true, tmmbr: true },
        // Of the whole session there are 1024 kbit/s.
        maxBitrate: Math.floor((1_024_000 * 30) / 31) - 64_000,
      });
      // High, and Baseline without fragments; 44E016 is no profile of ours.
      expect(config.alternatives?.map(({ payloadType }) => payloadType)).toEqual([111, 109]);
      expect(config.lines).toContain('a=rtcp-fb:* ccm fir');
      expect(config.lines).toContain('a=rtcp-fb:* ccm tmmbr');
    },
  );

  it('with fragments in High only: rather that than slices cut to packets', () => {
    expect(video(own('poly-trio--high-profile-only-with-fragments'))).toMatchObject({
      payloadType: 111,
      h264: { profile: 'high', packetizationMode: 1 },
    });
  });

  it('Tandberg’s: a profile-level-id of five digits', () => {
    const config = video(own('tandberg-mxp--five-digit-profile'));
    expect(config).toMatchObject({
      codec: 'H264',
      h264: { profile: 'baseline', level: 13, packetizationMode: 0, maxBitrate: 768_000 },
    });
    expect(config.lines).toContain(
      'a=fmtp:97 profile-level-id=42800d;max-mbps=108000;max-fs=3600;max-br=4000',
    );
  });

  it('LifeSize’s: a limit of the whole session, less the voice', gateway('RFC 8866 §5.8'), () => {
    const config = video(own('lifesize-icon--session-bandwidth-and-control-line'));
    expect(config.maxBitrate).toBe(Math.floor((1_500_000 * 30) / 31) - 64_000);
    expect(config).toMatchObject({ payloadType: 96, h264: { level: 42, maxFrameMacroblocks: 8704 } });
  });

  it('Poly’s desktop client’s: with keys of its own, without the scalable twins', () => {
    const config = video(own('poly-desktop--encrypted-video-with-scalable-twins'));
    expect(config).toMatchObject({
      payloadType: 110,
      security: { kind: 'sdes', receive: { keys: [{ inline: 'B'.repeat(40) }] } },
    });
    expect(config.alternatives?.map(({ payloadType }) => payloadType)).toEqual([111, 109]);
    expect(
      config.lines.filter((line) => line.startsWith('a=crypto:1 AES_CM_128_HMAC_SHA1_80 ')),
    ).toHaveLength(1);
  });

  it('Yealink’s: frames a second in whole ones, and only what its direction allows', () => {
    expect(video(own('yealink-room--camera-off-and-picture-wanted'))).toMatchObject({
      direction: 'sendonly',
      h264: { profile: 'main', maxFps: 30 },
    });
    expect(video(own('logitech-room--whole-session-on-hold')).direction).toBe('recvonly');
  });

  it('baresip’s: parameter sets out of band, RTCP on the RTP port, a level of our own', () => {
    const config = video(own('baresip--parameter-sets-and-fir'));
    expect(config).toMatchObject({
      parameterSets: ['Z0LAHtkAWBw=', 'aMuDyyA='],
      rtcpMux: true,
      remote: { rtpPort: 16_386, rtcpPort: 16_386 },
      feedback: { pli: false, fir: true },
      maxBitrate: Math.floor((512_000 * 30) / 31),
    });
    expect(config.lines).toContain('a=rtcp-mux');
    expect(config.lines).toContain('a=rtcp-fb:97 ccm fir');
    expect(config.lines).toContain(
      'a=fmtp:97 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
    );
  });
});

describe('which video line', () => {
  const used = (name: string) =>
    mediaLines(answered(own(name)).answerSdp).flatMap(({ kind, port }, index) =>
      kind === 'video' && port !== 0 ? [index] : [],
    );

  it('is the main picture, wherever the slides stand', gateway('RFC 4796 §5'), () => {
    expect(used('cisco-cms--slides-before-main')).toEqual([2]);
    expect(video(own('cisco-cms--slides-before-main')).remote.rtcpPort).toBe(16_399);
    expect(used('poly-mcu--slides-known-by-their-floor')).toEqual([2]);
  });

  it('is the encrypted one of two on a port', () => {
    expect(used('poly-group--two-video-lines-on-one-port')).toEqual([1]);
    const off = { ...local(), security: localSecurity('off') };
    const answer = answered(own('poly-group--two-video-lines-on-one-port'), {
      ...off,
      video: { ...stream(), security: localSecurity('off') },
    });
    expect(mediaLines(answer.answerSdp).map(({ port }) => port)).toEqual([20_000, 0, 21_000]);
  });

  it('is named by its host, which is looked up like the audio’s', () => {
    expect(video(own('carrier--video-at-a-host-name')).remote.address).toBe('video.example.net');
  });
});

describe('video that can’t be carried leaves the voice', () => {
  it.each([
    ['modern-codec--h265-av1-and-vp9-only', 'None of the video codecs is H264, VP8, H263-1998 or H263'],
    [
      'sbc--encrypted-video-without-key-beside-plain-audio',
      'Encrypted video is offered without a key; offer it with a=crypto',
    ],
  ])('%s', (name, text) => {
    const { media, videoRefused, answerSdp } = answered(own(name));
    expect(media.codec).toBe('G722');
    expect(media.video).toBeUndefined();
    expect(videoRefused?.text).toBe(text);
    expect(mediaLines(answerSdp).map(({ port }) => port)).toEqual([20_000, 0]);
  });

  it('when it is off, and for nobody', () => {
    const offer = own('cisco-codec--both-modes-and-full-hd-by-max-fs');
    const refused = { reason: 'off' as const, code: 304, text: 'Video is off for this caller' };
    expect(answered(offer, { ...local(), video: { refused } }).videoRefused).toEqual(refused);
    const slidesOnly = offer.replace('a=content:main', 'a=content:slides');
    expect(answered(slidesOnly)).toMatchObject({ videoRefused: null });
    expect(answered(offer.replace('m=video 16386', 'm=video 0'))).toMatchObject({ videoRefused: null });
  });

  it('when only encrypted media is taken and it is plain', gateway('RFC 4568 §5.1.2'), () => {
    const offer = own('poly-desktop--encrypted-video-with-scalable-twins').replace(
      /m=video (\d+) RTP\/SAVP (.*\r\n)(.*\r\n)a=crypto.*\r\n/,
      'm=video $1 RTP/AVP $2$3',
    );
    const strict = { ...local(), security: localSecurity('require') };
    const { media, videoRefused } = answered(offer, {
      ...strict,
      video: { ...stream(), security: localSecurity('require') },
    });
    expect(media.security?.kind).toBe('sdes');
    expect(media.video).toBeUndefined();
    expect(videoRefused?.text).toBe('Only encrypted video is taken; offer RTP/SAVP with a=crypto');
  });

  it.each([
    ['a multicast address', 'c=IN IP4 224.2.1.1/127', 330],
    ['ICE that can’t be read', 'a=ice-ufrag:x', 399],
  ])('with %s', (_what, line, code) => {
    const offer = h264('profile-level-id=42e01f').replace('RTP/AVP 97\r\n', `RTP/AVP 97\r\n${line}\r\n`);
    const to = { ...local(), video: { ...stream(), ice: new IceSession('full') } };
    const { media, videoRefused } = answered(offer, to);
    expect(media.codec).toBe('PCMU');
    expect(media.video).toBeUndefined();
    expect(videoRefused?.code).toBe(code);
  });
});

describe('video that is offered in one transport with the audio', () => {
  /** A browser: both lines in one group. */
  const browser = (audio: string, video: string, ...lines: string[]): string =>
    [
      ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'a=group:BUNDLE a v'],
      ...[`m=audio ${audio}`, 'a=mid:a', 'a=rtcp-mux', `m=video ${video}`, 'a=mid:v', 'a=rtcp-mux'],
      ...['a=rtpmap:96 VP8/90000', ...lines, ''],
    ].join('\r\n');
  const refused = { reason: 'bundled', code: 304 };

  it('is taken on a port of its own, without any group', gateway('RFC 9143 §7.3.2'), () => {
    const offer = browser('5004 RTP/AVPF 0', '5006 RTP/AVPF 96');
    const { answerSdp, media } = answered(offer);
    expect(answerSdp).not.toContain('a=group');
    expect(mediaLines(answerSdp).map(({ port }) => port)).toEqual([20_000, 21_000]);
    expect(answerSdp.split('m=video')[1]).toContain('a=mid:v\r\n');
    expect(media.video).toMatchObject({ codec: 'VP8', rtcpMux: true, remote: { rtpPort: 5006 } });
  });

  it('is so too where only its candidates tell the ports apart', () => {
    const own = 'a=candidate:2 1 udp 2122260223 192.0.2.1 5006 typ host';
    const shared = 'a=candidate:1 1 udp 2122260223 192.0.2.1 5004 typ host';
    const offer = browser('9 RTP/AVPF 0', '9 RTP/AVPF 96', own).replace('a=mid:a', `a=mid:a\r\n${shared}`);
    expect(answered(offer).media.video).toMatchObject({ codec: 'VP8' });
    expect(answered(offer.replace(own, shared)).videoRefused).toMatchObject(refused);
  });

  it.each([
    ['the audio’s port', '5004 RTP/AVPF 96', []],
    ['none but in the group', '0 RTP/AVPF 96', ['a=bundle-only']],
    ['none but in the group, with a port all the same', '5006 RTP/AVPF 96', ['a=bundle-only']],
  ])(
    'is refused, and it is said what to do, when it has %s',
    gateway('RFC 9143 §7.3.3'),
    (_what, video, lines) => {
      const { answerSdp, media, videoRefused } = answered(browser('5004 RTP/AVPF 0', video, ...lines));
      expect(media.video).toBeUndefined();
      expect(videoRefused).toMatchObject(refused);
      expect(videoRefused?.text).toContain('offer it on a port of its own');
      expect(answerSdp).toContain('a=group:BUNDLE a\r\n');
      expect(mediaLines(answerSdp)[1].port).toBe(0);
    },
  );
});

describe('the codec', () => {
  it('is VP8 where H.264 is too small to be read as more than level 1', () => {
    expect(video(own('old-softphone--h264-without-parameters-beside-vp8'))).toMatchObject({
      codec: 'VP8',
      payloadType: 97,
    });
  });

  it.each([
    ['nothing', '', undefined],
    ['a size', 'max-fs=396', { maxFrameMacroblocks: 396, maxFps: 300 }],
    ['a size and a rate', 'max-fr=15; max-fs=920', { maxFrameMacroblocks: 920, maxFps: 15 }],
    ['nonsense', 'max-fr=often;max-fs=', undefined],
  ])('VP8 with %s', gateway('RFC 7741 §6.1'), (_what, words, vp8) => {
    expect(video(offering('96', 'a=rtpmap:96 VP8/90000', `a=fmtp:96 ${words}`)).vp8).toEqual(vp8);
  });

  it('is H.264 of level 1 where there is nothing else', gateway('RFC 6184 §8.1'), () => {
    const config = video(offering('97', 'a=rtpmap:97 H264/90000'));
    expect(config.h264).toMatchObject({
      profile: 'baseline',
      level: 10,
      packetizationMode: 0,
      maxFrameMacroblocks: 99,
    });
    expect(config.maxBitrate).toBe(64_000);
  });

  it('is H.264 before VP8, whatever the order, and H.263+ before H.263', () => {
    const maps = ['a=rtpmap:96 VP8/90000', 'a=rtpmap:97 h264/90000', 'a=fmtp:97 profile-level-id=42e01f'];
    expect(video(offering('96 97', ...maps)).codec).toBe('H264');
    expect(video(offering('34 99', 'a=rtpmap:99 H263-1998/90000')).codec).toBe('H263-1998');
  });

  it('is H.263 by its static type, its parameters apart by spaces', () => {
    const config = video(own('old-video-phone--h263-static-type-and-spaces'));
    expect(config).toMatchObject({
      codec: 'H263',
      payloadType: 34,
      h263: { cifInterval: 2, qcifInterval: 1 },
      feedback: { nack: false, pli: false, fir: false, tmmbr: false },
    });
    expect(config.lines).toContain('a=rtpmap:34 H263/90000');
    expect(config.lines).toContain('a=fmtp:34 CIF=2;QCIF=1');
  });

  it.each([
    ['nothing', '', { cifInterval: null, qcifInterval: 2 }, null],
    ['4CIF alone', 'cif4=2', { cifInterval: 2, qcifInterval: 2 }, null],
    ['what is no interval', 'CIF=0;QCIF=33', { cifInterval: null, qcifInterval: 2 }, null],
    ['a bit rate', 'CIF=1;QCIF=1;maxbr=3840', { cifInterval: 1, qcifInterval: 1 }, 384_000],
  ])('H.263+ with %s', gateway('RFC 4629 §8.1.1'), (_what, words, h263, bitrate) => {
    const config = video(offering('99', 'a=rtpmap:99 H263-1998/90000', `a=fmtp:99 ${words}`));
    expect(config.h263).toEqual(h263);
    expect(config.maxBitrate).toBe(bitrate ?? 4_000_000);
  });

  it('has the feedback that is offered for it, as it is offered', gateway('RFC 4585 §4.2'), () => {
    const config = video(own('linphone--vp8-with-feedback-by-type'));
    expect(config.feedback).toEqual({ nack: true, pli: true, fir: true, tmmbr: false });
    expect(config.lines.filter((line) => line.startsWith('a=rtcp-fb'))).toEqual([
      'a=rtcp-fb:96 nack',
      'a=rtcp-fb:96 nack pli',
      'a=rtcp-fb:96 ccm fir',
    ]);
  });
});

describe('H.264', () => {
  it.each([
    ['in capitals', 'profile-level-id=42E01F', { profile: 'constrained-baseline', level: 31 }],
    ['Main within Baseline', 'profile-level-id=4d801e', { profile: 'constrained-baseline', level: 30 }],
    ['level 1b', 'profile-level-id=42f00b', { profile: 'constrained-baseline', level: 9 }],
    ['a level that nobody knows', 'profile-level-id=42e0ff', { profile: 'constrained-baseline', level: 62 }],
    ['spaces', ' profile-level-id = 42e01f ; packetization-mode=1 ', { packetizationMode: 1 }],
    ['a smaller size than the level', 'profile-level-id=42e01f;max-fs=99', { maxFrameMacroblocks: 3600 }],
    ['a size of nothing', 'profile-level-id=42e01f;max-fs=x;max-mbps=', { maxFrameMacroblocks: 3600 }],
    ['more than there is', 'profile-level-id=42e01f;max-fs=999999999', { maxFrameMacroblocks: 139_264 }],
    ['the High profile’s unit', 'profile-level-id=64001f;max-br=20000', { maxBitrate: 25_000_000 }],
  ])('with %s', gateway('RFC 6184 §8.1'), (_what, parameters, limits) => {
    expect(video(h264(parameters)).h264).toMatchObject(limits);
  });

  it('is found among what is not taken, and once where it is there several times', () => {
    const repeated = ['97', '98'].flatMap((type) => [
      `a=rtpmap:${type} H264/90000`,
      `a=fmtp:${type} profile-level-id=42e01f;max-fps=3000`,
    ]);
    const config = video(
      offering(
        '100 101 102 97 98',
        ...['a=rtpmap:100 H265/90000', 'a=rtpmap:101 H264-SVC/90000', 'a=rtpmap:102 X-H264UC/90000'],
        ...repeated,
      ),
    );
    expect(config).toMatchObject({ payloadType: 97, h264: { maxFps: 30 } });
    expect(config.alternatives?.map(({ payloadType }) => payloadType)).toEqual([98]);
    expect(config.lines.join()).not.toMatch(/H265|SVC|X-H264UC/);
  });

  it.each(['H265', 'H264-SVC', 'X-H264UC'])(
    'is not what %s is: its line is refused, the voice goes on',
    (name) => {
      const { media, videoRefused, answerSdp } = answered(offering('100', `a=rtpmap:100 ${name}/90000`));
      expect(media.codec).toBe('PCMU');
      expect(videoRefused).toMatchObject({ reason: 'no-common-codec', code: 305 });
      expect(mediaLines(answerSdp)[1]).toMatchObject({ port: 0, formats: ['100'] });
    },
  );

  it.each(['packetization-mode=2', 'profile-level-id=56001f', 'profile-level-id=hello'])(
    'is not taken with %s',
    (parameter) => {
      expect(answered(h264(parameter)).media.video).toBeUndefined();
    },
  );

  it('is answered with 720p to who has no more', gateway('RFC 6184 §8.2.2'), () => {
    expect(video(h264('profile-level-id=42e00d', 'max-fs=3600', 'max-mbps=108000')).lines).toContain(
      'a=fmtp:97 profile-level-id=42e00d;max-mbps=108000;max-fs=3600;max-br=4000',
    );
  });

  it('writes level 1b as it reads it', () => {
    expect(video(h264('profile-level-id=42f00b')).lines[3]).toContain('profile-level-id=42f00b');
    expect(video(h264('profile-level-id=42d00b')).h264?.level).toBe(9);
  });
});
