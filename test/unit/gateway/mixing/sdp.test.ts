import { describe, expect, it } from 'vitest';
import type { EndpointSpec } from '../../../../mcu/control/mixer-protocol.ts';
import { mediaOf, offerOf } from '../../../../gateway/mixing/sdp.ts';

const spec: EndpointSpec = {
  seat: 'leg-1',
  role: 'leg',
  host: '127.0.0.1',
  audio: { codec: 'opus', payloadType: 111, rtpPort: 31_044, rtcpPort: 31_045, direction: 'sendrecv' },
  video: null,
  bridgedTo: null,
};
const profile = { codec: 'H264', width: 1280, height: 720, fps: 30, bitrate: 1_500_000 } as const;
const camera: NonNullable<EndpointSpec['video']> = {
  ...{ rtpPort: 37_442, rtcpPort: 37_443, kind: 'camera' },
  sends: [{ codec: 'VP8', payloadType: 96 }],
  gets: null,
};

describe('the offer', () => {
  it('names the one codec, and the node’s sockets', () => {
    expect(offerOf(spec).split('\r\n')).toEqual([
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...['m=audio 31044 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1;stereo=0'],
      ...['a=ptime:20', 'a=rtcp:31045', 'a=sendrecv', ''],
    ]);
  });

  it.each([
    [camera, 'sendonly', ['96']],
    [{ ...camera, sends: null, gets: { profile, payloadType: 102 } }, 'recvonly', ['102']],
    [{ ...camera, gets: { profile, payloadType: 102 } }, 'sendrecv', ['102', '96']],
  ])('has the picture’s way, and first what is to come back: %#', (video, direction, formats) => {
    const [, picture] = offerOf({ ...spec, video }).split('m=video ');
    expect(picture).toContain(`37442 RTP/AVP ${formats.join(' ')}\r\n`);
    expect(picture).toContain(`a=${direction}\r\n`);
    expect(picture).toContain('a=rtcp:37443\r\n');
  });
});

describe('the answer', () => {
  const answer = (...media: string[]): string =>
    ['v=0', 'o=FreeSWITCH 1 1 IN IP4 10.0.0.5', 's=-', 'c=IN IP4 10.0.0.5', 't=0 0', ...media, ''].join(
      '\r\n',
    );

  it('says where FreeSWITCH takes the streams', () => {
    const text = answer('m=audio 42262 RTP/AVP 111', 'a=rtcp:42270', 'm=video 42130 RTP/AVP 96');
    expect(mediaOf(text, { ...spec, video: camera })).toEqual({
      audio: { address: '10.0.0.5', rtpPort: 42_262, rtcpPort: 42_270, payloadType: 111 },
      video: { address: '10.0.0.5', rtpPort: 42_130, rtcpPort: 42_131 },
    });
  });

  it.each([
    ['another codec than was offered', 'm=audio 42262 RTP/AVP 0'],
    ['no port', 'm=audio 0 RTP/AVP 111'],
    ['no audio', 'm=video 42130 RTP/AVP 96'],
  ])('is a refusal with %s', (_, media) => {
    expect(mediaOf(answer(media), { ...spec, video: camera })).toBeNull();
  });

  it('goes on without a picture whose codec FreeSWITCH has replaced by its own', () => {
    const text = answer('m=audio 42262 RTP/AVP 111', 'm=video 42130 RTP/AVP 103');
    expect(mediaOf(text, { ...spec, video: camera })?.video).toBeNull();
  });
});
