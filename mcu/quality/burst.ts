import { sequenceDelta } from '../rtp/packet.ts';

/** RFC 3611 §4.7.2: so many packets in a row have to arrive until a burst is over. */
export const gmin = 16;
/** How many packets may overtake one before it counts as lost. */
const orderWindow = 32;
const orderMask = orderWindow - 1;
/** A jump that is no loss but a sender that began anew (RFC 3550 A.1). */
const longestJump = 3000;

export interface BurstFigures {
  readonly bursts: number;
  /** Lost within bursts and outside of them, percent. */
  readonly burstLossPercent: number;
  readonly gapLossPercent: number;
  /** Mean lengths. */
  readonly burstMs: number;
  readonly gapMs: number;
  /** Mean length of loss runs over that of random loss (G.107 §7.5), at least 1. */
  readonly burstRatio: number;
}

/**
 * The burst and gap model of RFC 3611 §4.7.2: a burst begins and ends with a loss and has no `gmin` arrivals in
 * a row in it; a loss that stands alone belongs to the gap.
 */
export class BurstMeter {
  /** Arrivals since the last loss. */
  #run = 0;
  /** From the first to the last loss that are close enough for one burst. */
  #clusterPackets = 0;
  #clusterLost = 0;
  /** The gap that is open. */
  #gapPackets = 0;
  #gaps = 0;
  #bursts = 0;
  #burstPackets = 0;
  #burstLost = 0;
  #lossRuns = 0;
  packets = 0;
  lost = 0;

  arrived(): void {
    this.packets++;
    this.#run++;
  }

  missed(): void {
    if (this.#run > 0 || this.lost === 0) this.#lossRuns++;
    this.packets++;
    this.lost++;
    if (this.#clusterLost > 0 && this.#run < gmin) {
      this.#clusterPackets += this.#run + 1;
      this.#clusterLost++;
    } else {
      this.#closeCluster();
      this.#gapPackets += this.#run;
      this.#clusterPackets = this.#clusterLost = 1;
    }
    this.#run = 0;
  }

  /** All up to now, as if the stream ended here; null: nothing came yet. */
  figures(packetMs: number): BurstFigures | null {
    if (this.packets === 0) return null;
    const open = this.#clusterLost > 1;
    const gapBeforeOpen = open && this.#gapPackets > 0 ? 1 : 0;
    const bursts = this.#bursts + (open ? 1 : 0);
    const burstPackets = this.#burstPackets + (open ? this.#clusterPackets : 0);
    const burstLost = this.#burstLost + (open ? this.#clusterLost : 0);
    const lastGap = open ? this.#run : this.#gapPackets + this.#clusterPackets + this.#run;
    const gapPackets = this.packets - burstPackets;
    const gapLost = this.lost - burstLost;
    const gaps = this.#gaps + gapBeforeOpen + (lastGap > 0 ? 1 : 0);
    return {
      bursts,
      burstLossPercent: percent(burstLost, burstPackets),
      gapLossPercent: percent(gapLost, gapPackets),
      burstMs: mean(burstPackets * packetMs, bursts),
      gapMs: mean(gapPackets * packetMs, gaps),
      burstRatio: this.#burstRatio(),
    };
  }

  #burstRatio(): number {
    if (this.lost === 0) return 1;
    // Random loss with probability p comes in runs of 1 / (1 − p).
    return Math.max(1, (this.lost / this.#lossRuns) * (1 - this.lost / this.packets));
  }

  #closeCluster(): void {
    if (this.#clusterLost <= 1) {
      this.#gapPackets += this.#clusterLost;
      return;
    }
    if (this.#gapPackets > 0) this.#gaps++;
    this.#gapPackets = 0;
    this.#bursts++;
    this.#burstPackets += this.#clusterPackets;
    this.#burstLost += this.#clusterLost;
  }
}

/** Tells a burst meter which packets of a sequence came, once those that were overtaken had their chance. */
export class Arrivals {
  readonly #meter: BurstMeter;
  readonly #seen = new Uint8Array(orderWindow);
  #newest = -1;
  #held = 0;

  constructor(meter: BurstMeter) {
    this.#meter = meter;
  }

  arrived(sequence: number): void {
    const ahead = this.#newest < 0 ? 1 : sequenceDelta(sequence, this.#newest);
    if (this.#newest < 0 || Math.abs(ahead) > longestJump) {
      this.reset();
      this.#newest = (sequence - 1) & 0xffff;
      this.#advance();
    } else {
      if (ahead <= -orderWindow) return;
      for (let i = 0; i < ahead; i++) this.#advance();
    }
    if (sequenceDelta(this.#newest, sequence) < this.#held) this.#seen[sequence & orderMask] = 1;
  }

  /** A new source: what is held is told now. */
  reset(): void {
    for (let left = this.#held - 1; left >= 0; left--) this.#tell((this.#newest - left) & orderMask);
    this.#held = 0;
    this.#newest = -1;
  }

  #advance(): void {
    this.#newest = (this.#newest + 1) & 0xffff;
    const slot = this.#newest & orderMask;
    if (this.#held === orderWindow) this.#tell(slot);
    else this.#held++;
    this.#seen[slot] = 0;
  }

  #tell(slot: number): void {
    if (this.#seen[slot] === 1) this.#meter.arrived();
    else this.#meter.missed();
  }
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

function mean(total: number, count: number): number {
  return count === 0 ? 0 : total / count;
}
