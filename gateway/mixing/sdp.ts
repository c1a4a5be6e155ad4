import type { EndpointSpec, MixerTells } from '../../mcu/control/mixer-protocol.ts';

type AudioCodec = EndpointSpec['audio']['codec'];
type VideoSpec = NonNullable<EndpointSpec['video']>;
type VideoFormat = NonNullable<VideoSpec['sends']>[number];
type Media = Omit<MixerTells['mixerMedia'], 'endpoint'>;

const audioNames = {
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  G722: 'G722/8000',
  opus: 'opus/48000/2',
} as const satisfies Record<AudioCodec, string>;

/** The offer by which FreeSWITCH's RTP comes to the node's sockets. */
export function offerOf({ host, audio, video }: EndpointSpec): string {
  const family = host.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- 1 1 IN ${family} ${host}`,
    's=-',
    `c=IN ${family} ${host}`,
    't=0 0',
    `m=audio ${audio.rtpPort} RTP/AVP ${audio.payloadType}`,
    `a=rtpmap:${audio.payloadType} ${audioNames[audio.codec]}`,
    ...(audio.codec === 'opus' ? [`a=fmtp:${audio.payloadType} useinbandfec=1;stereo=0`] : []),
    'a=ptime:20',
    `a=rtcp:${audio.rtcpPort}`,
    `a=${audio.direction}`,
    ...(video ? videoLines(video) : []),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** What is to come back stands first: FreeSWITCH takes one format for both ways. */
function videoLines(video: VideoSpec): string[] {
  const wanted = video.gets && { ...wantedFormat(video.gets), maxBitrate: video.gets.profile.bitrate };
  const sent = (video.sends ?? []).filter(({ payloadType }) => payloadType !== wanted?.payloadType);
  const formats = [...(wanted ? [wanted] : []), ...sent];
  const direction = !video.gets ? 'sendonly' : video.sends ? 'sendrecv' : 'recvonly';
  return [
    `m=video ${video.rtpPort} RTP/AVP ${formats.map(({ payloadType }) => payloadType).join(' ')}`,
    ...(wanted ? [`b=AS:${Math.ceil(wanted.maxBitrate / 1000)}`] : []),
    ...formats.flatMap(formatLines),
    `a=rtcp:${video.rtcpPort}`,
    `a=${direction}`,
  ];
}

function wantedFormat({ profile, payloadType }: NonNullable<VideoSpec['gets']>): VideoFormat {
  return {
    codec: profile.codec,
    payloadType,
    ...(profile.codec === 'H264' && {
      h264: {
        profile: profile.h264Profile ?? 'constrained-baseline',
        level: profile.width * profile.height > 1280 * 720 ? 40 : 31,
        packetizationMode: profile.packetizationMode ?? 1,
        maxFrameMacroblocks: 8192,
        maxMacroblocksPerSecond: 245_760,
        maxBitrate: 20_000_000,
      },
    }),
  };
}

/** RFC 6184 §8.1; FreeSWITCH reads the first two bytes as a codec's kind only. */
const profileBytes = {
  'constrained-baseline': '42e0',
  baseline: '4200',
  main: '4d00',
  high: '6400',
} as const;

function formatLines({ codec, payloadType, h264, h263 }: VideoFormat): string[] {
  const lines = [`a=rtpmap:${payloadType} ${codec}/90000`];
  if (h264) {
    const level = h264.level.toString(16).padStart(2, '0');
    lines.push(
      `a=fmtp:${payloadType} profile-level-id=${profileBytes[h264.profile]}${level};packetization-mode=${h264.packetizationMode}`,
    );
  }
  if (h263) {
    const cif = h263.cifInterval === null ? '' : `CIF=${h263.cifInterval};`;
    lines.push(`a=fmtp:${payloadType} ${cif}QCIF=${h263.qcifInterval}`);
  }
  return [...lines, `a=rtcp-fb:${payloadType} nack pli`, `a=rtcp-fb:${payloadType} ccm fir`];
}

/** Where FreeSWITCH takes the streams; null: its answer has no audio as it was offered. */
export function mediaOf(answer: string, { audio, video }: EndpointSpec): Media | null {
  const [session = '', ...sections] = answer.split(/^(?=m=)/m);
  const line = (kind: string): string | undefined => sections.find((one) => one.startsWith(`m=${kind} `));
  const sound = placeOf(session, line('audio'), [audio.payloadType]);
  if (!sound) return null;
  const offeredVideo = [
    ...(video?.gets ? [video.gets.payloadType] : []),
    ...(video?.sends ?? []).map(({ payloadType }) => payloadType),
  ];
  const picture = placeOf(session, line('video'), offeredVideo);
  return {
    audio: sound,
    video: picture && { address: picture.address, rtpPort: picture.rtpPort, rtcpPort: picture.rtcpPort },
  };
}

/** A refused codec is answered with others of FreeSWITCH's own choice: that is a refusal. */
function placeOf(
  session: string,
  section: string | undefined,
  offered: readonly number[],
): Media['audio'] | null {
  const found = /^m=\S+ (\d+) \S+ (\d+)/.exec(section ?? '');
  const address = /^c=IN IP[46] (\S+)/m.exec(section ?? '')?.[1] ?? /^c=IN IP[46] (\S+)/m.exec(session)?.[1];
  if (!found || address === undefined) return null;
  const [rtpPort, payloadType] = [Number(found[1]), Number(found[2])];
  if (rtpPort === 0 || !offered.includes(payloadType)) return null;
  const rtcpPort = Number(/^a=rtcp:(\d+)/m.exec(section ?? '')?.[1] ?? rtpPort + 1);
  return { address, rtpPort, rtcpPort, payloadType };
}
