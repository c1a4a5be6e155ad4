import type { PeerReport } from '../quality/assess.ts';
import type { VoipMetrics } from '../quality/xr.ts';
import { ntpMiddle } from './rtcp.ts';
import type { ReceptionReport, RtcpListener, SenderTime } from './rtcp.ts';
import type { SentStream } from './sender.ts';

const longestRttMs = 60_000;
/** Loss comes in clumps: a report without any says little, so what was reported before fades, by this share each. */
const lossFading = 0.75;

export interface PeerReportsOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** Who sends at present: reports about others are not ours. */
  readonly sender: () => SentStream;
  /** The peer misses another share of our packets than it did, in whole percent. */
  readonly onLoss: (percent: number) => void;
  /** The peer tells its own clock. */
  readonly onSenderReport?: RtcpListener['onSenderReport'];
  /** A report of our stream: what it missed since the last one, in percent, of how many packets. */
  readonly onReport?: (lossPercent: number, packets: number) => void;
}

/** What a leg's peer says by RTCP: of its own clock, and of how it receives us. */
export class PeerReports implements RtcpListener {
  readonly #options: PeerReportsOptions;
  #lastSr = 0;
  #lastSrMs = 0;
  /** The latest of the present SSRC, or of the one before until the present one was reported. */
  #reception: ReceptionReport | null = null;
  /** Of that SSRC, when it was reported. */
  #sent = 0;
  /** Of SSRCs before it. */
  #before = { lost: 0, sent: 0 };
  #metrics: VoipMetrics | null = null;
  #lossPercent = -1;
  rttMs: number | null = null;

  constructor(options: PeerReportsOptions) {
    this.#options = options;
  }

  onSenderReport(ssrc: number, time: SenderTime): void {
    this.#lastSr = time.ntpMiddle;
    this.#lastSrMs = this.#options.now();
    this.#options.onSenderReport?.(ssrc, time);
  }

  onReception(report: ReceptionReport): void {
    const packets = this.#follow(report);
    if (packets === null) return;
    this.#noteLoss(report.fractionLost);
    this.#options.onReport?.((report.fractionLost * 100) / 256, packets);
    if (report.lastSr === 0) return;
    // RFC 3550 §6.4.1: arrival − LSR − DLSR, in 1/65536 s.
    const units = (ntpMiddle(this.#options.wallNow()) - report.lastSr - report.delaySinceLastSr) >>> 0;
    const rttMs = units / 65.536;
    if (rttMs < longestRttMs) this.rttMs = Math.round(rttMs * 10) / 10;
  }

  onVoipMetrics(metrics: VoipMetrics): void {
    if (metrics.ssrc === this.#options.sender().ssrc) this.#metrics = metrics;
  }

  /** Signalling ends calls, not RTCP. */
  onBye(): void {
    return;
  }

  /** For our own report: the last SR's time, and how long ago it came (RFC 3550 §6.4.1), in 1/65536 s. */
  lastSr(nowMs: number): { lastSr: number; delaySinceLastSr: number } {
    const delay = this.#lastSr === 0 ? 0 : Math.round((nowMs - this.#lastSrMs) * 65.536);
    return { lastSr: this.#lastSr, delaySinceLastSr: delay };
  }

  /** Null: the peer reported nothing of our stream. */
  report(clockPerMs: number): PeerReport | null {
    const reception = this.#reception;
    if (!reception) return null;
    const { lost, jitter } = reception;
    return {
      lost: this.#before.lost + lost,
      jitterMs: jitter / clockPerMs,
      sent: this.#before.sent + this.#sent,
      metrics: this.#metrics,
    };
  }

  /**
   * How many packets a report tells of; null: it is of none of our streams. Its figures are of one SSRC: when ours
   * changes, those of the old one stay counted, and its last reports, which come later, are still its own.
   */
  #follow(report: ReceptionReport): number | null {
    const sender = this.#options.sender();
    const last = this.#reception;
    const goesOn = report.ssrc === last?.ssrc;
    const isPresent = report.ssrc === sender.ssrc;
    if (!goesOn && !isPresent) return null;
    if (last && !goesOn) {
      const { lost, sent } = this.#before;
      this.#before = { lost: lost + last.lost, sent: sent + this.#sent };
    }
    const packets = goesOn ? Math.max(0, report.extendedHighest - last.extendedHighest) : 0;
    this.#reception = report;
    if (isPresent) this.#sent = sender.packets;
    return packets;
  }

  /** In 1/256 of what was sent since the last report (RFC 3550 §6.4.1); rises at once. */
  #noteLoss(fraction: number): void {
    const reported = Math.ceil((fraction * 100) / 256);
    const percent = Math.max(reported, Math.floor(this.#lossPercent * lossFading));
    if (percent === this.#lossPercent) return;
    this.#lossPercent = percent;
    this.#options.onLoss(percent);
  }
}
