import { randomBytes } from 'node:crypto';
import type { VoipMetrics } from '../quality/xr.ts';
import { PeerReports } from './peer-reports.ts';
import type { ReceptionMeter } from './reception.ts';
import { buildReport, parseRtcp } from './rtcp.ts';
import type { RtpSender } from './sender.ts';

/** RFC 3550 §6.2: the least interval; each one is drawn from half to one and a half of it. */
const reportIntervalMs = 5000;

export interface ReporterOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** Who sends at present. */
  readonly sender: () => RtpSender;
  readonly reception: ReceptionMeter;
  /** What the peer misses of ours has changed, in whole percent. */
  readonly onPeerLoss: (percent: number) => void;
  /** What the peer asked to be told besides (RFC 3611 §4.7); null: nothing. */
  readonly voipMetrics: () => VoipMetrics | null;
  readonly send: (packet: Buffer) => void;
}

/** One stream's RTCP, both ways. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #cname = randomBytes(12).toString('base64url');
  #nextMs = Infinity;
  #lastSender: RtpSender | null = null;
  #toldPackets = 0;
  /** What the peer says. */
  readonly peer: PeerReports;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.peer = new PeerReports({ ...options, onLoss: options.onPeerLoss });
  }

  /** The first report comes after half the interval (RFC 3550 §6.2). Only the first call counts. */
  start(): void {
    if (this.#nextMs === Infinity)
      this.#nextMs = this.#options.now() + reportIntervalMs * (0.25 + Math.random() / 2);
  }

  /** To be called a few times a second. */
  tick(): void {
    const nowMs = this.#options.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + reportIntervalMs * (0.5 + Math.random());
    this.#report(nowMs, false);
  }

  /** False: malformed. */
  take(packet: Buffer): boolean {
    return parseRtcp(packet, this.peer);
  }

  /** RFC 3550 §6.6; nothing when nothing was begun. */
  bye(): void {
    if (this.#nextMs !== Infinity) this.#report(this.#options.now(), true);
  }

  #report(nowMs: number, bye: boolean): void {
    const { wallNow, reception, voipMetrics, send } = this.#options;
    const sender = this.#options.sender();
    const sentBefore = sender === this.#lastSender ? this.#toldPackets : 0;
    this.#lastSender = sender;
    this.#toldPackets = sender.packets;
    const { ssrc, tracker } = reception;
    const report = buildReport({
      ssrc: sender.ssrc,
      cname: this.#cname,
      bye,
      sender:
        sender.packets > sentBefore
          ? {
              wallMs: wallNow(),
              rtpTimestamp: sender.timestampNow(),
              packets: sender.packets,
              octets: sender.octets,
            }
          : null,
      reception:
        ssrc < 0
          ? null
          : {
              ssrc,
              fractionLost: tracker.takeFractionLost(),
              lost: tracker.lost,
              extendedHighest: tracker.extendedHighest,
              jitter: Math.round(tracker.jitter),
              ...this.peer.lastSr(nowMs),
            },
      voipMetrics: voipMetrics(),
    });
    send(report);
  }
}
