import { describe, expect, it } from 'vitest';
import {
  dropUnreadableCodecs,
  extensionIds,
  offeredMedia,
  receiveOnly,
  withoutCandidates,
} from '../../../../mcu/link/sdp.ts';

const sdp = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;

/**
 * Written here with the traits of LiveKit 1.13's subscriber offer: `sendrecv` throughout, red over opus,
 * RTX for every video codec, the track's sid as the msid's second word, a FID group.
 */
const OFFER = sdp(
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1 2 3',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:0',
  'a=sendrecv',
  'a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host',
  'a=end-of-candidates',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8',
  'a=mid:1',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:0 PCMU/8000',
  'a=rtcp-fb:0 nack',
  'a=rtpmap:8 PCMA/8000',
  'a=ssrc:1000 cname:PA_a|TR_voice',
  'a=ssrc:1000 msid:PA_a|TR_voice TR_voice',
  'a=msid:PA_a|TR_voice TR_voice',
  'a=sendrecv',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 35 36',
  'a=mid:2',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:98 VP9/90000',
  'a=fmtp:98 profile-id=0',
  'a=rtpmap:99 rtx/90000',
  'a=fmtp:99 apt=98',
  'a=rtpmap:35 AV1/90000',
  'a=rtcp-fb:35 nack',
  'a=rtpmap:36 rtx/90000',
  'a=fmtp:36 apt=35',
  'a=ssrc-group:FID 2000 2001',
  'a=ssrc:2000 msid:PA_b|TR_camera TR_camera',
  'a=ssrc:2001 msid:PA_b|TR_camera TR_camera',
  'a=msid:PA_b|TR_camera TR_camera',
  'a=sendrecv',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:3',
  'a=rtpmap:111 opus/48000/2',
  'a=inactive',
);

/** libdatachannel's answer to it: everything `sendrecv`, the SFU's msid and SSRCs echoed. */
const ANSWER = sdp(
  'v=0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:0',
  'a=sendrecv',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8',
  'a=mid:1',
  'a=sendrecv',
  'a=msid:PA_a|TR_voice TR_voice',
  'a=ssrc:1000 cname:PA_a|TR_voice',
  'a=rtpmap:111 opus/48000/2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:3',
  'a=sendrecv',
);

describe('candidates in the offer', () => {
  it('are taken out whole, and nothing else is', () => {
    const held = withoutCandidates(OFFER);
    expect(held).not.toMatch(/candidate/);
    expect(held.split('\r\n')).toEqual(OFFER.split('\r\n').filter((line) => !line.includes('candidate')));
  });
});

describe('codecs that nothing of ours reads', () => {
  const readable = dropUnreadableCodecs(OFFER);

  it('leave the m-line, with their parameters and their RTX', () => {
    expect(readable).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8\r\n');
    expect(readable).toContain('m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n');
    expect(readable).not.toMatch(/a=(rtpmap|fmtp|rtcp-fb):(63|98|99|35|36)\b/);
  });

  it('leave all other lines as they were', () => {
    const gone = OFFER.split('\r\n').filter((line) => !readable.split('\r\n').includes(line));
    expect(gone).toHaveLength(12);
    expect(gone.every((line) => /^m=|:(63|98|99|35|36)\b/.test(line))).toBe(true);
    expect(dropUnreadableCodecs(readable)).toBe(readable);
  });

  it('stay where the section has no other: an m-line without payload types is no SDP', () => {
    const only = sdp('v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 98', 'a=rtpmap:98 VP9/90000');
    expect(dropUnreadableCodecs(only)).toBe(only);
  });
});

describe('the answer', () => {
  const answer = receiveOnly(OFFER, ANSWER);

  it('receives where the SFU sends, and is inactive where it does not', () => {
    const directions = [...answer.matchAll(/a=mid:(\d)\r\na=(\w+)/g)].map(([, mid, direction]) => [
      mid,
      direction,
    ]);
    expect(directions).toEqual([
      ['0', 'sendrecv'],
      ['1', 'recvonly'],
      ['3', 'inactive'],
    ]);
  });

  it('names no stream of ours', () => {
    expect(answer).not.toMatch(/a=(msid|ssrc)/);
    expect(answer).toContain('a=rtpmap:111 opus/48000/2');
  });
});

describe('the streams of an offer', () => {
  const media = offeredMedia(OFFER);

  it('map each SSRC to its track, RTX to the stream that it repairs', () => {
    expect([...media.streams]).toEqual([
      [1000, { trackSid: 'TR_voice', ssrc: 1000, rtx: false, video: false }],
      [2000, { trackSid: 'TR_camera', ssrc: 2000, rtx: false, video: true }],
      [2001, { trackSid: 'TR_camera', ssrc: 2000, rtx: true, video: true }],
    ]);
  });

  it('name codecs and repairs by payload type', () => {
    expect([...media.codecs]).toEqual([
      [111, 'opus'],
      [0, 'PCMU'],
      [8, 'PCMA'],
      [96, 'VP8'],
    ]);
    expect(media.repairs.get(97)).toBe(96);
  });

  it('fall back to the section’s msid for an SSRC that has a cname only', () => {
    const offer = sdp('v=0', 'm=audio 9 X 0', 'a=msid:PA_a TR_x', 'a=ssrc:7 cname:c');
    expect(offeredMedia(offer).streams.get(7)?.trackSid).toBe('TR_x');
  });
});

describe('header extensions', () => {
  it('count with the ids of the answer, for the asked m-line', () => {
    const answer = sdp(
      'v=0',
      'm=audio 9 X 0',
      'a=mid:0',
      'a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      'a=extmap:7/sendonly urn:ietf:params:rtp-hdrext:sdes:mid',
      'm=audio 9 X 0',
      'a=mid:1',
      'a=extmap:15 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    );
    expect(extensionIds(answer, '0')).toEqual({ audioLevel: 3, mid: 7 });
    // 15 cannot be written as a one-byte extension (RFC 8285 §4.2).
    expect(extensionIds(answer, '1')).toEqual({ audioLevel: 0, mid: 0 });
    expect(extensionIds(answer, '9')).toEqual({ audioLevel: 0, mid: 0 });
  });
});
