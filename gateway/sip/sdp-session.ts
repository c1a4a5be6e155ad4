import type { Answer, AnswerRead, LocalMedia } from './offer-answer.ts';
import type { LegMediaConfig, LegVideoPorts } from '../ports.ts';
import { DtlsSession } from './dtls-session.ts';
import { IceSession } from './ice-session.ts';
import { answerOffer, answerRemoval, readAnswer } from './offer-answer.ts';
import { makeOffer } from './own-offer.ts';
import { SdesKeys } from './sdes-keys.ts';
import type { SessionShape } from './session-shape.ts';
import type { LocalStream, Unusable } from './stream-line.ts';
import type { VideoRefused } from './video-line.ts';

/** Our side of one dialog's session description: what was said last, and its version. */
export interface SdpSession {
  /** Answers an offer; nothing is remembered before `commit`. `running`: what a running session carries out. */
  answer(offerSdp: string, running?: LegMediaConfig): Answer | Unusable;
  /** Our own offer, with the running session's m-lines. */
  offer(): { offerSdp: string; shape: SessionShape };
  /** Reads the answer to `offer()`; nothing is remembered before `agree`. */
  readAnswer(answerSdp: string, shape: SessionShape): AnswerRead | Unusable;
  /** Such an answer can be carried out: it holds from now on. */
  agree(answer: AnswerRead): void;
  /** The description went out; with `settled` it answers an offer. */
  commit(sdp: string, shape: SessionShape, settled?: LegMediaConfig): void;
  /** Whether there is room for video. */
  readonly hasVideo: boolean;
  /** While there is none: whether the offer has video that we could carry, or why we can't. */
  videoOffered(offerSdp: string): 'none' | 'takeable' | VideoRefused;
  /** There is room for video from now on. */
  addVideo(ports: LegVideoPorts): void;
  /** There is none, and why. */
  refuseVideo(why: VideoRefused): void;
}

export function createSdpSession(local: Omit<LocalMedia, 'version' | 'video'>): SdpSession {
  let version = 1;
  let last: { sdp: string; shape: SessionShape } | null = null;
  let video: LocalMedia['video'];
  /** RFC 3264 §8.3.2: a payload type keeps its meaning even when it was not offered for a while. */
  const types = { audio: new Map<number, string>(), video: new Map<number, string>() };
  /** A video line keeps its place while it is out of use. */
  let videoLine: SessionShape['video'] = null;
  const remember = (stream: 'audio' | 'video', more: ReadonlyMap<number, string>): void => {
    for (const [payloadType, encoding] of more) types[stream].set(payloadType, encoding);
  };

  /**
   * RFC 3264 §8: the same description keeps its version, so that a repeated re-INVITE gets the same bytes;
   * any change raises it by one.
   */
  function withVersion<T>(make: (description: LocalMedia) => T, sdpOf: (made: T) => string | null): T {
    const made = make(described(version));
    if (last === null || sdpOf(made) === last.sdp) return made;
    return make(described(version + 1));
  }

  function described(as: number): LocalMedia {
    return { ...local, version: as, ...(video && { video }) };
  }

  function agree({ security, ice, video: agreed }: LegMediaConfig): void {
    agreeOn(local, security, ice);
    if (video && 'rtpPort' in video) agreeOn(video, agreed?.security, agreed?.ice);
  }

  /** The running session with all that was ever said of its lines. */
  function running(): SessionShape | null {
    if (last === null) return null;
    const { shape } = last;
    const place = shape.video ?? videoLine;
    const isThere = place !== null && shape.lines.at(place.index)?.kind === 'video';
    return {
      ...shape,
      audio: { ...shape.audio, types: types.audio },
      video: isThere ? { ...place, types: types.video } : null,
    };
  }

  return {
    answer: (offerSdp, carriedOut) =>
      withVersion(
        (description) =>
          (carriedOut && answerRemoval(offerSdp, description, carriedOut)) ??
          answerOffer(offerSdp, description),
        (made) => (made.ok ? made.answerSdp : null),
      ),
    offer: () =>
      withVersion(
        (description) => makeOffer(description, running()),
        (made) => made.offerSdp,
      ),
    readAnswer: (answerSdp, shape) => readAnswer(answerSdp, described(version), shape),
    agree({ types: theirs, media }) {
      remember('audio', theirs.audio);
      remember('video', theirs.video);
      agree(media);
    },
    commit(sdp, shape, settled) {
      remember('audio', shape.audio.types);
      if (shape.video) remember('video', shape.video.types);
      videoLine = shape.video ?? videoLine;
      if (settled) agree(settled);
      if (last !== null && sdp !== last.sdp) version += 1;
      last = { sdp, shape };
    },
    get hasVideo() {
      return video !== undefined && 'rtpPort' in video;
    },
    videoOffered(offerSdp) {
      const somewhere = streamLike(local, { rtpPort: 2, rtcpPort: 3 });
      const answer = answerOffer(offerSdp, { ...described(version), video: somewhere });
      if (!answer.ok) return 'none';
      return answer.videoRefused ?? (answer.media.video ? 'takeable' : 'none');
    },
    addVideo(ports) {
      video = streamLike(local, ports);
    },
    refuseVideo(refused) {
      video = { refused };
    },
  };
}

/** A stream beside another one, with keys and ICE of its own. */
function streamLike({ security, ice }: LocalStream, ports: LegVideoPorts): LocalStream {
  const { policy, dtls } = security;
  return {
    ...ports,
    // One suite, which everybody has: with all of them twice our offers would fit no datagram at all.
    security: {
      policy,
      keys: new SdesKeys(['AES_CM_128_HMAC_SHA1_80']),
      dtls: new DtlsSession(dtls.fingerprints),
    },
    ice: ice && new IceSession(ice.mode),
  };
}

function agreeOn(
  { security, ice }: LocalStream,
  agreed: LegMediaConfig['security'],
  path: LegMediaConfig['ice'],
): void {
  security.keys.agree(agreed);
  security.dtls.agree(agreed);
  ice?.agree(path);
}
