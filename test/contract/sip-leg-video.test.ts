import { describe, expect, it } from 'vitest';
import { gateway } from '../support/clause.ts';
import { offer, useLegs, versionOf } from '../support/legs.ts';
import type { OfferTraits } from '../support/legs.ts';
import { expectLawfulAnswer, mediaLines } from '../support/sdp-check.ts';

const bench = useLegs();

const picture = [
  'm=video 6002 RTP/AVP 97',
  'a=rtpmap:97 H264/90000',
  'a=fmtp:97 profile-level-id=42801f;packetization-mode=1',
  'a=rtcp-fb:* ccm fir',
  '',
].join('\r\n');
const slides = 'm=video 6004 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=content:slides\r\n';

/** A room system's offer. */
const room = (traits: OfferTraits = {}): string => offer(traits) + picture;

const ports = (sdp: string): string[] => mediaLines(sdp).map(({ kind, port }) => `${kind} ${port}`);

describe('video in an INVITE', () => {
  it('is answered, and passed to the media node once the ACK is here', gateway('RFC 3264 §6'), async () => {
    const { ok, leg, mediaLeg } = await bench.talking(room());
    expectLawfulAnswer(room(), ok.body);
    const { video } = mediaLeg.local;
    expect(mediaLines(ok.body)[1]).toEqual({
      kind: 'video',
      port: video?.rtpPort,
      proto: 'RTP/AVP',
      formats: ['97'],
    });
    // Before the ACK nothing is sent: the addresses are only claimed.
    expect(mediaLeg.configs.map((config) => config.video?.direction)).toEqual(['recvonly', 'sendrecv']);
    expect(mediaLeg.config?.video).toMatchObject({
      codec: 'H264',
      payloadType: 97,
      feedback: { nack: false, pli: false, fir: true, tmmbr: false },
      remote: { address: '127.0.0.1', rtpPort: 6002, rtcpPort: 6003 },
    });
    expect(ok.headers.warning).toBeUndefined();
    expect(leg.noVideo).toBeNull();
  });

  it('costs a call without any no ports', async () => {
    const { mediaLeg } = await bench.talking();
    expect(mediaLeg.videoOpened).toBe(0);
    await bench.again(offer() + slides);
    expect(mediaLeg.videoOpened).toBe(0);
  });

  it(
    'is refused with a Warning when the node has no room for it, and the call talks',
    gateway('RFC 3261 §20.43'),
    async () => {
      bench.media.failVideo = new Error('no ports');
      const leg = await bench.invited({ body: room() });
      const answered = leg.answer();
      const ok = await bench.caller.final('INVITE');
      bench.caller.send('ACK');
      await answered;
      expect(ok.status).toBe(200);
      expect(ok.headers.warning).toBe('304 gateway "There is no room for video at the moment"');
      expect(ports(ok.body)[1]).toBe('video 0');
      expect(bench.log).toContainEqual(
        expect.objectContaining({ level: 'info', sentence: 'video refused, the call goes on without' }),
      );
      const noVideo = { reason: 'no-ports', text: 'There is no room for video at the moment' };
      expect(leg.noVideo).toEqual(noVideo);
      // Whoever asks no more was still refused it.
      await bench.again(offer());
      expect(leg.noVideo).toEqual(noVideo);
      // Later there is.
      bench.media.legs[0].failVideo = null;
      expect(ports((await bench.again(room())).body)[1]).not.toBe('video 0');
      await expect.poll(() => leg.noVideo).toBeNull();
    },
  );

  it('is refused to a trunk without', async () => {
    bench.trunks = [{ name: 'carrier', sources: ['127.0.0.1'], srtp: 'prefer', video: false, tls: false }];
    const { ok, leg, mediaLeg } = await bench.talking(room());
    expect(ports(ok.body)[1]).toBe('video 0');
    expect(ok.headers.warning).toBe('304 gateway "Video is off for this caller"');
    expect(mediaLeg.config?.video).toBeUndefined();
    expect((await bench.again(room({ port: 7000 }))).headers.warning).toBe(ok.headers.warning);
    expect(leg.noVideo?.reason).toBe('off');
    const ours = await bench.caller.ask('INVITE');
    expect(ports(ours.body)[1]).toBe('video 0');
    bench.caller.send('ACK', { body: room() });
  });

  it('is refused to everybody where there is none at all, a trunk that says otherwise among them', async () => {
    bench.pictures = false;
    bench.trunks = [{ name: 'carrier', sources: ['127.0.0.1'], srtp: 'prefer', video: true, tls: false }];
    const { ok, mediaLeg } = await bench.talking(room());
    expect(ok.headers.warning).toBe('304 gateway "Video is off for this caller"');
    expect(mediaLeg.videoOpened).toBe(0);
  });

  it('goes where the call came from when its host has no address', async () => {
    const body = room().replace('RTP/AVP 97\r\n', 'RTP/AVP 97\r\nc=IN IP4 nowhere.example.net\r\n');
    const { mediaLeg } = await bench.talking(body);
    expect(mediaLeg.config?.video?.remote).toMatchObject({ address: '127.0.0.1', rtpPort: 6002 });
  });

  it('has keys of its own', gateway('RFC 4568 §6.1'), async () => {
    const key = (letter: string) => `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${letter.repeat(40)}\r\n`;
    const body =
      room()
        .replaceAll('RTP/AVP', 'RTP/SAVP')
        .replace('m=video', `${key('A')}m=video`) + key('B');
    const { ok, mediaLeg } = await bench.talking(body);
    expectLawfulAnswer(body, ok.body);
    expect(ok.body.match(/^a=crypto:/gm)).toHaveLength(2);
    expect(mediaLeg.config).toMatchObject({
      security: { receive: { keys: [{ inline: 'A'.repeat(40) }] } },
      video: { security: { receive: { keys: [{ inline: 'B'.repeat(40) }] } } },
    });
    expect((await bench.again(body)).body).toBe(ok.body);
  });
});

describe('video in a call', () => {
  it('is added and taken out in place, each with a new version', gateway('RFC 3264 §8.2'), async () => {
    const { ok, mediaLeg } = await bench.talking();
    const grown = await bench.again(room());
    expectLawfulAnswer(room(), grown.body);
    expect(ports(grown.body)[1]).toBe(`video ${mediaLeg.local.video?.rtpPort ?? 0}`);
    expect(mediaLeg.config?.video).toMatchObject({ direction: 'sendrecv' });
    const without = room().replace('m=video 6002', 'm=video 0');
    const shrunk = await bench.again(without);
    expect(ports(shrunk.body)).toEqual([ports(ok.body)[0], 'video 0']);
    expect(mediaLeg.config?.video).toBeUndefined();
    const back = await bench.again(room());
    expect(ports(back.body)).toEqual(ports(grown.body));
    expect(mediaLeg.videoOpened).toBe(1);
    expect([grown, shrunk, back].map(({ body }) => versionOf(body) - versionOf(ok.body))).toEqual([1, 2, 3]);
  });

  it('stays when slides are added, as Poly’s do', async () => {
    const { ok, mediaLeg } = await bench.talking(room());
    const added = await bench.again(room() + slides);
    expect(ports(added.body)).toEqual([...ports(ok.body), 'video 0']);
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('that is offered again gets the same bytes and touches no media', gateway('RFC 3264 §8'), async () => {
    const { ok, mediaLeg } = await bench.talking(room());
    for (let time = 0; time < 3; time++) expect((await bench.again(room())).body).toBe(ok.body);
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it.each([
    ['sendonly', 'a=sendonly', 'recvonly'],
    ['inactive', 'a=inactive', 'inactive'],
    ['0.0.0.0', 'c=IN IP4 0.0.0.0', 'recvonly'],
  ] as const)(
    'is held by %s apart from the sound',
    gateway('RFC 3264 §8.4'),
    async (_how, line, direction) => {
      const { mediaLeg } = await bench.talking(room());
      const body = line.startsWith('c=')
        ? room().replace('RTP/AVP 97\r\n', `RTP/AVP 97\r\n${line}\r\n`)
        : `${room()}${line}\r\n`;
      const held = await bench.again(body);
      expect(held.body.split(/^m=/m)[2]).toContain(`a=${direction}\r\n`);
      expect(mediaLeg.config).toMatchObject({ direction: 'sendrecv', video: { direction } });
      await bench.again(room());
      expect(mediaLeg.config?.video?.direction).toBe('sendrecv');
    },
  );

  it('goes with the sound when that is taken out', async () => {
    const { mediaLeg } = await bench.talking(room());
    const removed = await bench.again(room({ port: 0 }));
    expect(ports(removed.body)).toEqual(['audio 0', 'video 0']);
    expect(mediaLeg.config?.video).toBeUndefined();
    expect(mediaLeg.config?.direction).toBe('inactive');
  });
});

describe('our own offer', () => {
  const answer = (line: string): string => offer({ codecs: '0 101', port: 6100 }) + line;

  it('has video, and the answer in the ACK settles it', gateway('RFC 3261 §13.2.1'), async () => {
    const leg = await bench.invited({});
    const answered = leg.answer();
    const ok = await bench.caller.final('INVITE');
    const [, video] = mediaLines(ok.body);
    expect(video).toMatchObject({ kind: 'video', proto: 'RTP/AVP', formats: ['97', '98', '96', '99', '34'] });
    expect(ok.body).toMatch(/^a=fmtp:97 profile-level-id=42e01f;packetization-mode=1;/m);
    expect(ok.body).toContain('a=rtcp-fb:* nack pli\r\n');
    bench.caller.send('ACK', { body: answer(picture) });
    await answered;
    expect(bench.media.legs[0].config?.video).toMatchObject({ payloadType: 97, remote: { rtpPort: 6002 } });
  });

  it.each([
    ['refuses it', 'm=video 0 RTP/AVP 97\r\n', undefined],
    ['leaves its line out', '', undefined],
    [
      'takes a codec that was not offered',
      'm=video 6002 RTP/AVP 99\r\na=rtpmap:99 H265/90000\r\n',
      'no-common-codec',
    ],
  ])('keeps the voice when the answer %s', async (_how, line, reason) => {
    const leg = await bench.invited({});
    const answered = leg.answer();
    await bench.caller.final('INVITE');
    bench.caller.send('ACK', { body: answer(line) });
    await answered;
    expect(bench.media.legs[0].config).toMatchObject({ codec: 'PCMU', remote: { rtpPort: 6100 } });
    expect(bench.media.legs[0].config?.video).toBeUndefined();
    expect(leg.noVideo?.reason).toBe(reason);
  });

  it('keeps the line, its payload types and its profile', gateway('RFC 3264 §8.3.2'), async () => {
    const { mediaLeg } = await bench.talking(room() + slides);
    const ours = await bench.caller.ask('INVITE');
    const [, video, last] = mediaLines(ours.body);
    expect(video.port).toBe(mediaLeg.local.video?.rtpPort);
    expect(video.formats[0]).toBe('97');
    expect(ours.body).toMatch(/^a=fmtp:97 profile-level-id=42801f;packetization-mode=1;/m);
    expect(last.port).toBe(0);
    bench.caller.send('ACK', { body: room({ port: 7000 }) + slides.replace('6004', '0') });
    await expect.poll(() => mediaLeg.config?.remote.rtpPort).toBe(7000);
    expect(mediaLeg.config?.video?.payloadType).toBe(97);
  });

  it('has none when the call has had none', async () => {
    await bench.talking();
    const ours = await bench.caller.ask('INVITE');
    expect(mediaLines(ours.body).map(({ kind }) => kind)).toEqual(['audio']);
    bench.caller.send('ACK', { body: offer() });
  });
});

describe('key frames by INFO', () => {
  const type = 'application/media_control+xml';
  const wanted =
    '<?xml version="1.0" encoding="utf-8" ?>\r\n<media_control>\r\n <vc_primitive>\r\n  <to_encoder>\r\n' +
    '   <picture_fast_update>\r\n   </picture_fast_update>\r\n  </to_encoder>\r\n </vc_primitive>\r\n</media_control>\r\n';
  const error = '<media_control><general_error>no</general_error></media_control>';

  it('are asked of the media node', gateway('RFC 5168 §4.1'), async () => {
    const { mediaLeg } = await bench.talking(room());
    expect((await bench.caller.ask('INFO', { type, body: wanted })).status).toBe(200);
    expect(mediaLeg.keyFramesRequested).toBe(1);
    expect((await bench.caller.ask('INFO', { type, body: '<media_control/>' })).status).toBe(200);
    expect((await bench.caller.ask('INFO', { type, body: 'hello' })).status).toBe(400);
    expect(mediaLeg.keyFramesRequested).toBe(1);
  });

  it('are asked of the device, until it says that it can’t', gateway('RFC 5168 §6'), async () => {
    const { mediaLeg } = await bench.talking(room());
    mediaLeg.say('keyFrameWanted');
    const info = await bench.caller.ua.nextRequest('INFO');
    expect(info.headers['content-type']).toBe(type);
    expect(info.body).toContain('<picture_fast_update/>');
    bench.caller.ua.reply(info, 200);
    expect((await bench.caller.ask('INFO', { type, body: error })).status).toBe(200);
    expect(bench.log.map(({ sentence }) => sentence)).toContain(
      'device takes no requests for key frames by INFO',
    );
  });
});
