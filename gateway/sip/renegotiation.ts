import type { LegMediaConfig, Log, MediaLeg } from '../ports.ts';
import { messageOf } from '../errors.ts';
import { ackOf } from './ack.ts';
import { sdpBodyOf } from './body.ts';
import { capabilities } from './capabilities.ts';
import type { LegVideo } from './leg-video.ts';
import type { SipLimits } from './limits.ts';
import type { Ends, ResolveHost } from './media-address.ts';
import { withAddress } from './media-address.ts';
import { crosses, waits } from './overlap.ts';
import { refusalHeaders, videoWarning } from './reasons.ts';
import type { SdpSession } from './sdp-session.ts';
import { sessionOfRefresh } from './session-timer.ts';
import type { SipDialog, SipMessage, SipRequest, SipResponse } from './srf-messages.ts';
import { respond } from './srf.ts';

/** What a running dialog's offers work on. */
export interface Session {
  readonly dialog: SipDialog;
  readonly media: MediaLeg;
  readonly sdp: SdpSession;
  readonly video: LegVideo;
  /** What the media leg carries out now; null: nothing yet. */
  current: LegMediaConfig | null;
  readonly ends: Ends;
  /** Hears what was agreed on, before media carries it out. */
  readonly settled: (config: LegMediaConfig) => void;
  readonly limits: SipLimits;
  readonly resolve: ResolveHost;
  readonly over: AbortSignal;
  readonly log: Log;
}

type Busy = 'no' | 'their-offer' | 'our-offer';

/**
 * Answers re-INVITE and UPDATE: hold, resume, another codec or port (RFC 3264 §8). Whatever can't be done is
 * refused and leaves the session as it was (RFC 3261 §14.2). The INVITE's own exchange is under way at first;
 * the returned function says that it is done.
 */
export function serveOffers(session: Session, first: Exclude<Busy, 'no'>): () => void {
  let busy: Busy = first;

  const alone = async (kind: Exclude<Busy, 'no'>, res: SipResponse, work: () => Promise<void>) => {
    // A fast device's next offer can come in one read with the stack's word that our last answer is out.
    if (busy !== 'no') await new Promise(setImmediate);
    if (busy !== 'no') {
      await (busy === 'our-offer' ? crosses(res) : waits(res));
      return;
    }
    busy = kind;
    try {
      await work();
    } catch (error) {
      session.log.error({ error: messageOf(error) }, 'offer in a dialog failed');
      await respond(res, 500);
    } finally {
      busy = 'no';
    }
  };

  const serve = (req: SipRequest, res: SipResponse): void => {
    const body = sdpBodyOf(req, session.limits.maxBodyBytes);
    switch (body.kind) {
      case 'refused':
        void respond(res, body.status, { headers: body.headers });
        break;
      case 'sdp':
        void alone('their-offer', res, () => answerTheirs(session, req, res, body.sdp));
        break;
      case 'none':
        // An UPDATE without a body only refreshes the dialog (RFC 3311 §5.2).
        if (req.method === 'UPDATE') void respond(res, 200, { headers: refreshed(session, req) });
        else void alone('our-offer', res, () => offerOurs(session, req, res));
        break;
    }
  };
  session.dialog.on('modify', serve);
  session.dialog.on('update', serve);
  return () => {
    busy = 'no';
  };
}

async function answerTheirs(
  session: Session,
  req: SipRequest,
  res: SipResponse,
  offerSdp: string,
): Promise<void> {
  const cancel = watchForCancel(session, req);
  try {
    await answerUnless(cancel, session, req, res, offerSdp);
  } finally {
    cancel.isOver();
  }
}

async function answerUnless(
  cancel: CancelWatch,
  session: Session,
  req: SipRequest,
  res: SipResponse,
  offerSdp: string,
): Promise<void> {
  await session.video.beforeAnswer(offerSdp);
  const answer = session.sdp.answer(offerSdp, session.current ?? undefined);
  const { ends, resolve, limits } = session;
  const config = answer.ok ? await withAddress(answer.media, ends, resolve, limits.resolveMs) : null;
  if (cancel.came) {
    await respond(res, 487);
    return;
  }
  if (!answer.ok || !config) {
    const reason = answer.ok ? 'bad-offer' : answer.reason;
    session.log.info({ reason }, 'offer in a dialog refused');
    await respond(res, 488, { headers: refusalHeaders(reason, answer.ok ? undefined : answer.warning) });
    return;
  }
  const before = session.current;
  await apply(session, config);
  const cancelled = cancel.isOver();
  const sent = await (cancelled
    ? respond(res, 487)
    : respond(res, 200, {
        body: answer.answerSdp,
        headers: { ...described(session, req), ...videoWarning(answer.videoRefused) },
      }));
  // A re-INVITE that was cancelled: its offer never happened.
  if (sent && !cancelled) {
    session.sdp.commit(answer.answerSdp, answer.shape, answer.media);
    session.video.settled(answer);
  } else if (before) await apply(session, before);
}

/** Whether a re-INVITE was cancelled while we work on it. */
interface CancelWatch {
  readonly came: boolean;
  /** Listens no more: the ACK of our own 200 comes next. Idempotent. */
  isOver(): boolean;
}

/**
 * The embedded edge takes no answer to a re-INVITE that was cancelled; drachtio-server 0.9.10 says nothing and would
 * send a 200 after its own 487, whose ACK alone shows it.
 */
function watchForCancel({ dialog, limits }: Session, req: SipRequest): CancelWatch {
  let came = false;
  const over = new AbortController();
  void ackOf(dialog, req, limits.handshakeMs, over.signal).then((ack) => (came = ack !== null));
  return {
    get came() {
      return came;
    },
    isOver() {
      over.abort();
      return came;
    },
  };
}

/** RFC 3261 §14.2: a re-INVITE without an offer gets ours, and its ACK has the answer. */
async function offerOurs(session: Session, req: SipRequest, res: SipResponse): Promise<void> {
  const { offerSdp, shape } = session.sdp.offer();
  const notSent = new AbortController();
  const patience = AbortSignal.any([session.over, notSent.signal]);
  const ack = ackOf(session.dialog, req, session.limits.handshakeMs, patience);
  const sent = await respond(res, 200, { body: offerSdp, headers: described(session, req) });
  if (!sent) {
    notSent.abort();
    return;
  }
  session.sdp.commit(offerSdp, shape);
  const config = await readAnswerIn(session, await ack, shape);
  if (config === 'over') return;
  // Some devices refresh a session this way and answer nothing: what was agreed before goes on.
  if (config === null) session.log.warn({}, 'our offer got no usable answer, session left as it was');
  else await apply(session, config);
}

/** The answer in a message, an ACK or a response; null: none that can be used. */
export async function readAnswerIn(
  session: Pick<Session, 'sdp' | 'video' | 'limits' | 'ends' | 'resolve' | 'over'>,
  message: SipMessage | null,
  shape: Parameters<SdpSession['readAnswer']>[1],
): Promise<LegMediaConfig | null | 'over'> {
  if (session.over.aborted) return 'over';
  const body = message ? sdpBodyOf(message, session.limits.maxBodyBytes) : null;
  if (body?.kind !== 'sdp') return null;
  const answer = session.sdp.readAnswer(body.sdp, shape);
  if (!answer.ok) return null;
  const config = await withAddress(answer.media, session.ends, session.resolve, session.limits.resolveMs);
  if (!config) return null;
  session.sdp.agree(answer);
  session.video.settled(answer);
  return config;
}

/** Has the media leg do what was settled. */
export async function apply(
  session: Pick<Session, 'current' | 'settled' | 'media'>,
  config: LegMediaConfig,
): Promise<void> {
  // A repeated offer, as some room systems send within 250 ms, touches no media.
  if (JSON.stringify(config) === JSON.stringify(session.current)) return;
  session.settled(config);
  await session.media.configure(config);
  session.current = config;
}

/** Header fields of a 2xx to a re-INVITE or UPDATE. RFC 3261 §12.2.2: it names our own target. */
function refreshed({ dialog, limits }: Session, req: SipRequest): Record<string, string> {
  const { contact } = dialog.local;
  return {
    ...(contact !== undefined && { Contact: contact }),
    ...sessionOfRefresh(req, limits.sessionSeconds),
  };
}

/** … with a session description. */
function described(session: Session, req: SipRequest): Record<string, string> {
  return { ...capabilities, ...refreshed(session, req), 'Content-Type': 'application/sdp' };
}
