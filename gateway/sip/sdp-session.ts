import type { Answer, AnswerRead, LocalMedia, SessionShape, Unusable } from './offer-answer.ts';
import type { LegMediaConfig } from '../ports.ts';
import { answerOffer, answerRemoval, makeOffer, readAnswer } from './offer-answer.ts';

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
}

export function createSdpSession(local: Omit<LocalMedia, 'version'>): SdpSession {
  let version = 1;
  let last: { sdp: string; shape: SessionShape } | null = null;
  /** RFC 3264 §8.3.2: a payload type keeps its meaning even when it was not offered for a while. */
  const types = new Map<number, string>();
  const remember = (more: ReadonlyMap<number, string>): void => {
    for (const [payloadType, encoding] of more) types.set(payloadType, encoding);
  };

  /**
   * RFC 3264 §8: the same description keeps its version, so that a repeated re-INVITE gets the same bytes;
   * any change raises it by one.
   */
  function withVersion<T>(make: (description: LocalMedia) => T, sdpOf: (made: T) => string | null): T {
    const made = make({ ...local, version });
    if (last === null || sdpOf(made) === last.sdp) return made;
    return make({ ...local, version: version + 1 });
  }

  function agree({ security, ice }: LegMediaConfig): void {
    local.security.keys.agree(security);
    local.security.dtls.agree(security);
    local.ice?.agree(ice);
  }

  return {
    answer: (offerSdp, running) =>
      withVersion(
        (description) =>
          (running && answerRemoval(offerSdp, description, running)) ?? answerOffer(offerSdp, description),
        (made) => (made.ok ? made.answerSdp : null),
      ),
    offer: () =>
      withVersion(
        (description) => makeOffer(description, last && { ...last.shape, types }),
        (made) => made.offerSdp,
      ),
    readAnswer: (answerSdp, shape) => readAnswer(answerSdp, { ...local, version }, shape),
    agree({ types: theirs, media }) {
      remember(theirs);
      agree(media);
    },
    commit(sdp, shape, settled) {
      remember(shape.types);
      if (settled) agree(settled);
      if (last !== null && sdp !== last.sdp) version += 1;
      last = { sdp, shape };
    },
  };
}
