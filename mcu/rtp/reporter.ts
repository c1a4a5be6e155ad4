import type { VoipMetrics } from '../quality/xr.ts';
import { PeerReports } from './peer-reports.ts';
import type { ReceptionMeter } from './reception.ts';
import { buildReport, parseRtcp } from './rtcp.ts';
import type { RtcpListener } from './rtcp.ts';
import type { SentStream } from './sender.ts';

/** RFC 3550 §6.2: the least interval; each one is drawn from half to one and a half of it. */
const reportIntervalMs = 5000;

export interface ReporterOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** What all streams of a leg have in common (RFC 3550 §6.5.1). */
  readonly cname: string;
  /** Who sends at present. */
  readonly sender: () => SentStream;
  readonly reception: ReceptionMeter;
  /** What the peer misses of ours has changed, in whole percent. */
  readonly onPeerLoss: (percent: number) => void;
  /** The peer tells its own clock. */
  readonly onSenderReport?: RtcpListener['onSenderReport'];
  /** The peer reports what it missed of ours since its last report, in percent, of how many packets. */
  readonly onReport?: (lossPercent: number, packets: number) => void;
  /** What the peer asked to be told besides (RFC 3611 §4.7); null: nothing. */
  readonly voipMetrics: () => VoipMetrics | null;
  readonly send: (packet: Buffer) => void;
}

/** One stream's RTCP, both ways. */
export class Reporter {
  readonly #options: ReporterOptions;
  #nextMs = Infinity;
  /** What the last report told of: the SSRC, and its packets. */
  #toldSsrc = -1;
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

  /**
   * Sends feedback now. It goes behind a report without blocks, as RFC 4585 §3.1 has it where no reduced size was agreed:
   * so what the next report tells of loss is of the whole time since the last one.
   */
  feedback(packet: Buffer): void {
    const { cname, sender, send } = this.#options;
    send(Buffer.concat([buildReport({ ssrc: sender().ssrc, cname, sender: null, reception: null }), packet]));
  }

  /** RFC 3550 §6.6; nothing when nothing was begun. */
  bye(): void {
    if (this.#nextMs !== Infinity) this.#report(this.#options.now(), true);
  }

  #report(nowMs: number, bye: boolean): void {
    const { wallNow, cname, reception, voipMetrics, send } = this.#options;
    const sender = this.#options.sender();
    const sentBefore = sender.ssrc === this.#toldSsrc ? this.#toldPackets : 0;
    this.#toldSsrc = sender.ssrc;
    this.#toldPackets = sender.packets;
    const { ssrc, tracker } = reception;
    const report = buildReport({
      ssrc: sender.ssrc,
      cname,
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
