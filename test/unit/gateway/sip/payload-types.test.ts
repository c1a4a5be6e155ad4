import { describe, expect, it } from 'vitest';
import type { AudioCodec } from '../../../../gateway/ports.ts';
import { makeOffer } from '../../../../gateway/sip/own-offer.ts';
import { takePayloadType } from '../../../../gateway/sip/payload-types.ts';
import { gateway } from '../../../support/clause.ts';
import { mediaLines } from '../../../support/sdp-check.ts';
import { localSecurity } from '../../../support/sdp-security.ts';

/** These types mean something else already. */
function inUse(...ranges: readonly (readonly [first: number, last: number])[]): Map<number, string> {
  const taken = new Map<number, string>();
  for (const [first, last] of ranges)
    for (let payloadType = first; payloadType <= last; payloadType++) taken.set(payloadType, 'x-own/90000');
  return taken;
}

describe('a payload type of ours', () => {
  it.each([
    ['the usual one', inUse(), 96],
    ['the session’s', new Map([[121, 'vp8/90000']]), 121],
    ['the session’s, whose one channel is written', new Map([[5, 'VP8/90000/1']]), 5],
    ['a free one, where the usual one means something else', inUse([96, 99]), 100],
    ['one that nobody assigned, where all dynamic ones are in use', inUse([96, 127]), 35],
    ['never one that is read as RTCP on one port', inUse([96, 127], [35, 62]), 63],
    ['none, where these are in use too', inUse([96, 127], [35, 63]), null],
  ])('is %s', gateway('RFC 3551 §3'), (_which, taken, payloadType) => {
    const before = new Map(taken);
    expect(takePayloadType(taken, 'VP8/90000', 96)).toBe(payloadType);
    // Nobody else's changes its meaning.
    for (const [other, encoding] of before) expect(taken.get(other)).toBe(encoding);
    // And the next one is another one.
    const next = takePayloadType(taken, 'H263-1998/90000', 96);
    if (next !== null) expect(next).not.toBe(payloadType);
  });
});

describe('our offer in a session that uses all types', () => {
  const local = {
    address: '198.51.100.7',
    rtpPort: 20_000,
    sessionId: 42,
    version: 3,
    supported: ['opus', 'PCMU'] as readonly AudioCodec[],
    security: localSecurity('off'),
    ice: null,
    video: { rtpPort: 21_000, security: localSecurity('off'), ice: null },
  };
  const line = (kind: string) => ({ kind, proto: 'RTP/AVP', format: '0' });

  it('leaves out what has none, and gives none a second meaning', gateway('RFC 3264 §8.3.2'), () => {
    const all = inUse([35, 63], [96, 127]);
    const { offerSdp } = makeOffer(local, {
      lines: [line('audio'), line('video')],
      audio: { index: 0, rtcpMux: false, types: all },
      video: { index: 1, rtcpMux: false, types: new Map([...all, [99, 'vp8/90000']]) },
      bundled: false,
    });
    // PCMU has a type of its own (RFC 3551 §6); H.263 has 34.
    expect(mediaLines(offerSdp).map(({ formats }) => formats)).toEqual([['0'], ['99', '34']]);
    expect(offerSdp).not.toContain('a=fmtp:96');
  });
});
