import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NoVideoReason } from '../../../../gateway/reasons.ts';
import { mediaLines } from '../../../support/sdp-check.ts';
import { describeShared } from '../../../support/shared-fixtures.ts';
import { answered, own } from '../../../support/video-offers.ts';

/** The best first, as a device writes them; H.263 has a static type as well. */
const bestFirst = ['H264', 'VP8', 'H263-1998', 'H263'];

/** Our own offers and those of devices: each m-line of the answer, by a search in the text. */
function expectVideoAnswered(offer: string): void {
  const { answerSdp, media, videoRefused } = answered(offer);
  const lines = mediaLines(offer);
  const given = mediaLines(answerSdp);
  const first = lines.findIndex(
    ({ kind, port }, index) =>
      kind === 'video' && port !== 0 && !/^a=content:slides/m.test(offer.split(/^m=/m)[index + 1]),
  );
  expect(first).toBeGreaterThan(0);
  const section = offer.split(/^m=/m)[first + 1];
  expect(videoRefused).toBeNull();
  expect(given[first]).toMatchObject({ port: 21_000, proto: lines[first].proto });
  expect(given.filter(({ port }) => port !== 0)).toHaveLength(2);
  const best = bestFirst.find((codec) => new RegExp(`^a=rtpmap:\\d+ ${codec}/90000`, 'mi').test(section));
  expect(media.video?.codec).toBe(best ?? 'H263');
  const [format] = given[first].formats;
  if (best === 'H264') {
    // With fragments, where there are any.
    const hasFragments = /^a=fmtp:\d+ .*packetization-mode=1/m.test(section);
    expect(new RegExp(`^a=fmtp:${format} .*packetization-mode=1`, 'm').test(section)).toBe(hasFragments);
  }
  expect(media.video?.remote.rtpPort).toBe(lines[first].port);
  expect(media.video?.feedback).toEqual({
    nack: /^a=rtcp-fb:\S+ nack\s*$/m.test(section),
    pli: /^a=rtcp-fb:\S+ nack pli/m.test(section),
    fir: /^a=rtcp-fb:\S+ ccm .*\bfir\b/m.test(section),
    tmmbr: /^a=rtcp-fb:\S+ ccm .*\btmmbr\b/m.test(section),
  });
  // Both ways: what the device takes is not exceeded, and it is told what we take.
  const head = offer.split(/^m=/m)[0];
  for (const part of [head, section]) {
    const bits = Number(/^b=TIAS:(\d+)/m.exec(part)?.[1] ?? 0);
    const kilobits = Number(/^b=AS:(\d+)/m.exec(part)?.[1] ?? 0);
    const limit = bits || kilobits * 1000;
    if (limit > 0) expect(media.video?.maxBitrate).toBeLessThanOrEqual(limit);
  }
  expect(answerSdp.split(/^m=/m)[first + 1]).toMatch(/^b=AS:4134\r\nb=TIAS:4000000\r\n/m);
}

describe('every offer of video in our own fixtures', () => {
  const names = readdirSync('test/fixtures/sdp').map((file) => file.replace('.sdp', ''));
  const withVideo = names.filter((name) => /^m=video/m.test(own(name)));
  /** For these the search in the text does not do: the payload type that is taken, or why none is. */
  const others: Readonly<Record<string, number | NoVideoReason>> = {
    'browser--mdns-candidates-and-video': 'bundled',
    'lifesize-icon--control-line': 'no-common-codec',
    'linphone--vp8-with-feedback-by-type': 96,
    'modern-codec--h265-av1-and-vp9-only': 'no-common-codec',
    'old-softphone--h264-without-parameters-beside-vp8': 97,
    'poly-desktop--srtp-only': 'encryption-unusable',
    'poly-group--two-video-lines-on-one-port': 110,
    'poly-group--wrapped-lines-and-missing-session-name': 'no-common-codec',
    'poly-mcu--slides-known-by-their-floor': 111,
    'sbc--encrypted-video-without-key-beside-plain-audio': 'encryption-unusable',
  };

  it.each(withVideo.filter((name) => !(name in others)))('%s', (name) => {
    expectVideoAnswered(own(name));
  });

  it.each(Object.entries(others))('%s: %s', (name, outcome) => {
    const { media, videoRefused } = answered(own(name));
    expect(videoRefused?.reason ?? media.video?.payloadType).toBe(outcome);
  });
});

describeShared('every offer of video that real devices sent', 'sip', (folder) => {
  const offers = readdirSync(folder)
    .filter((file) => /-offer\.sdp$|-invite\.sip$/.test(file))
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')] as const)
    .filter(([, text]) => /^m=video [^0]/m.test(text));

  it('are more than ten', () => {
    expect(offers.length).toBeGreaterThan(10);
  });

  it.each(offers)('%s', (_file, offer) => {
    expectVideoAnswered(offer);
  });
});
