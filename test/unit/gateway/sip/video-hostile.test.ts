import { expect, it } from 'vitest';
import { readSdp } from '../../../../gateway/sip/sdp.ts';
import { videoFormats } from '../../../../gateway/sip/video-formats.ts';
import { settleVideo } from '../../../../gateway/sip/video-line.ts';

const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
const voice = 'm=audio 4000 RTP/AVP 0\r\n';

function read(sdp: string) {
  const description = readSdp(head + sdp);
  if (!description) throw new Error('no SDP');
  return description;
}

/** Null: there is no main picture. */
function settled(description: ReturnType<typeof read>) {
  const refused = { refused: { reason: 'no-ports' as const, code: 304, text: 'no ports' } };
  const reading = { waysOf: () => [], iceOf: () => null, muxes: () => false };
  return settleVideo(description, description.media[0], '192.0.2.9', refused, reading);
}

it('a format that a line names a hundred times is one', () => {
  const { media } = read(`m=video 5000 RTP/AVP${' 97'.repeat(128)}\r\na=rtpmap:97 VP8/90000\r\n`);
  expect(videoFormats(media[0]).map(({ format }) => format.payloadType)).toEqual([97]);
});

it.each([
  ['mstrm:12', true],
  ['m-stream:3', true],
  ['mstrm:11 12', true],
  ['mstrm:11', false],
  [`${'mstrm:'.repeat(3)}12`, false],
])('a label of the floor’s streams %s says whether a line is for slides', (streams, slides) => {
  const label = streams.startsWith('m-stream') ? 3 : 12;
  const description = read(
    `${voice}m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\na=label:${label}\r\n` +
      `m=application 5070 TCP/BFCP *\r\na=floorid:2 ${streams}\r\n`,
  );
  expect(settled(description) === null).toBe(slides);
});

it('streams of a floor are read in the time that their length needs', () => {
  const description = read(`${voice}m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\na=label:1\r\n`);
  // A search that began anew at each of them would take minutes.
  const floor = { name: 'floorid', value: `1${' mstrm:'.repeat(300_000)}\u2028 1` };
  const [audio, video] = description.media;
  const hostile = { ...video, attributes: [...video.attributes, floor] };
  expect(settled({ ...description, media: [audio, hostile] })).toBeNull();
});
