import type { LegMediaConfig } from '../ports.ts';
import { audioLines, settleAudio } from './audio-line.ts';
import type { LocalAudio, SettledAudio } from './audio-line.ts';
import { bundleLines } from './bundle.ts';
import { readIce } from './ice-attributes.ts';
import { IceSession } from './ice-session.ts';
import { waysAnswered, waysToAnswer } from './media-security.ts';
import { payloadTypeMap } from './payload-types.ts';
import type { SdpDescription } from './sdp.ts';
import { readSdp } from './sdp.ts';
import type { Origin, SessionShape, StreamShape } from './session-shape.ts';
import { describe, refusedLine, sessionIceLines, shapeOf } from './session-shape.ts';
import { unusable, wantsMux } from './stream-line.ts';
import type { Reading, Unusable } from './stream-line.ts';
import { videoTypeMap } from './video-formats.ts';
import { settleVideo, videoLines } from './video-line.ts';
import type { LocalVideo, SettledVideo, VideoRefused } from './video-line.ts';

/** What we have to offer or to answer with. */
export interface LocalMedia extends LocalAudio, Origin {
  /** Absent: what is offered of it is refused without a word. */
  readonly video?: LocalVideo;
}

/** What a description and ours come to. */
export interface Agreement {
  readonly ok: true;
  /** Remote addresses may be host names that are still to be resolved. */
  readonly media: LegMediaConfig;
  /** Why there is no video though some was offered; null: there is, or none was. */
  readonly videoRefused: VideoRefused | null;
}

export interface Answer extends Agreement {
  readonly answerSdp: string;
  readonly shape: SessionShape;
}

export interface AnswerRead extends Agreement {
  readonly types: Types;
}

/** What payload types stand for, for as long as the session lasts. */
export interface Types {
  readonly audio: ReadonlyMap<number, string>;
  readonly video: ReadonlyMap<number, string>;
}

const unreadable = unusable('bad-offer', 399, 'The session description could not be read');

/**
 * Answers an offer (RFC 3264 §6): one audio stream in the peer's first common codec, one video stream in its best,
 * every other m-line refused in place. Pure; garbage gives `bad-offer`, never an exception.
 */
export function answerOffer(offerSdp: string, local: LocalMedia): Answer | Unusable {
  const offer = readSdp(offerSdp);
  if (!offer) return unreadable;
  const reading: Reading = {
    waysOf: (lines, { security, ice }) =>
      waysToAnswer(
        lines,
        offer.attributes,
        security,
        (media) => ice !== null && readIce(offer, media).kind === 'ice',
      ),
    iceOf: (remote, ours) => ours.answerTo(remote),
    muxes: wantsMux,
  };
  const audio = settleAudio(offer, local, reading);
  if (!audio.ok) return audio;
  const offered = offer.media[audio.index];
  const { video: ours } = local;
  const video = ours ? settleVideo(offer, offered, local.address, ours, reading) : null;
  const picture = video?.ok && ours && 'rtpPort' in ours ? { settled: video, ours } : null;
  const lines = offer.media.flatMap((media, index) => {
    if (index === audio.index) return audioLines(media, audio, local);
    if (index === picture?.settled.index) return videoLines(media, picture.settled, picture.ours);
    return refusedLine(shapeOf(media));
  });
  const bundle = picture ? [] : bundleLines(offer, offered);
  const withIce = audio.media.ice !== undefined || picture?.settled.media.ice !== undefined;
  const session = [...bundle, ...sessionIceLines(local.ice?.mode, withIce)];
  return {
    ...agreementOf(audio, video),
    answerSdp: describe(local, offer.timing, session, lines),
    shape: {
      lines: offer.media.map(shapeOf),
      audio: {
        index: audio.index,
        rtcpMux: audio.media.rtcpMux === true,
        types: payloadTypeMap(offered),
      },
      video: picture && videoShape(offer, picture.settled),
      bundled: bundle.length > 0,
    },
  };
}

function agreementOf(audio: SettledAudio, video: ReturnType<typeof settleVideo>): Agreement {
  return {
    ok: true,
    media: { ...audio.media, ...(video?.ok && { video: video.media }) },
    videoRefused: video && !video.ok ? video.refused : null,
  };
}

function videoShape({ media }: SdpDescription, { index, media: { rtcpMux } }: SettledVideo): StreamShape {
  return { index, rtcpMux: rtcpMux === true, types: videoTypeMap(media[index]) };
}

/**
 * RFC 3264 §8.2: in a running session a peer may take its audio line out by port zero, and put it in again later. The
 * answer has port zero too, for the video as well, and nothing flows meanwhile. Null: the offer is no such.
 */
export function answerRemoval(offerSdp: string, local: LocalMedia, running: LegMediaConfig): Answer | null {
  const offer = readSdp(offerSdp);
  const audio = offer?.media.filter(({ kind }) => kind === 'audio') ?? [];
  if (!offer || audio.length === 0 || audio.some(({ port }) => port !== 0)) return null;
  const lines = offer.media.map(shapeOf);
  const { video: _, ...voice } = running;
  return {
    ok: true,
    media: { ...voice, direction: 'inactive' },
    videoRefused: null,
    answerSdp: describe(local, offer.timing, [], lines.flatMap(refusedLine)),
    shape: {
      lines,
      audio: {
        index: offer.media.indexOf(audio[0]),
        rtcpMux: running.rtcpMux === true,
        types: new Map(),
      },
      video: null,
      bundled: false,
    },
  };
}

/** Why an offer can't be answered, asked before there is media for it; null: it can. */
export function offerProblem(
  offerSdp: string,
  can: Pick<LocalMedia, 'supported' | 'security'>,
): Unusable | null {
  const ice = new IceSession('full');
  const somewhere = { ...can, ice, address: '0.0.0.0', rtpPort: 2, sessionId: 1, version: 1 };
  const answer = answerOffer(offerSdp, somewhere);
  return answer.ok ? null : answer;
}

/** Reads the answer to our own offer. */
export function readAnswer(answerSdp: string, local: LocalMedia, shape: SessionShape): AnswerRead | Unusable {
  const answer = readSdp(answerSdp);
  if (!answer) return unreadable;
  if (!hasLinesOf(answer, shape))
    return unusable('bad-offer', 399, 'The answer does not have the media lines of the offer');
  // Only the offered lines count; some devices answer lines that were refused.
  const only = (stream: StreamShape | null): SdpDescription => ({
    ...answer,
    media: answer.media.map((line, index) => (index === stream?.index ? line : { ...line, port: 0 })),
  });
  const readingOf = (stream: StreamShape | null): Reading => ({
    waysOf: (lines, { security }) => waysAnswered(lines, answer.attributes, security),
    iceOf: (remote, ours) => ours.answered(remote),
    muxes: (line) => stream?.rtcpMux === true && wantsMux(line),
  });
  const audio = settleAudio(only(shape.audio), local, readingOf(shape.audio));
  if (!audio.ok) return audio;
  const { video: ours } = local;
  const video = ours
    ? settleVideo(only(shape.video), answer.media[audio.index], local.address, ours, readingOf(shape.video))
    : null;
  return {
    ...agreementOf(audio, video),
    types: {
      audio: payloadTypeMap(answer.media[audio.index]),
      video: video?.ok ? videoTypeMap(answer.media[video.index]) : new Map(),
    },
  };
}

/**
 * RFC 3264 §6: an answer has the offer's m-lines, in order. Devices that know no video leave its line out, where port
 * zero would refuse it.
 */
function hasLinesOf({ media }: SdpDescription, { lines, audio }: SessionShape): boolean {
  if (media.length > lines.length || media.at(audio.index)?.kind !== 'audio') return false;
  return media.length === lines.length || media.every(({ kind }, index) => kind === lines[index].kind);
}
