import { sequenceDelta } from '../rtp/packet.ts';
import { ReplayWindow } from './replay.ts';
import type { SrtpCheckpoint } from './types.ts';

/** One SSRC in one direction. */
export class StreamState {
  readonly rtp = new ReplayWindow();
  readonly rtcp = new ReplayWindow();

  /** RFC 3711 §3.3.1: the index that is closest to the highest one; negative: from before the stream began. */
  indexOf(sequence: number): number {
    return closest(this.rtp.highest, sequence);
  }
}

/** Only an authentic packet makes a stream; a peer that makes more than these loses its oldest ones. */
const mostStreams = 256;

/** The streams of a context, by SSRC. */
export class Streams {
  readonly #bySsrc = new Map<number, StreamState>();
  readonly #before = new Map<number, number>();
  #lastSsrc = -1;
  #last: StreamState | undefined;

  constructor(before: SrtpCheckpoint | undefined) {
    for (const { ssrc, rtpIndex } of before?.streams ?? []) {
      if (rtpIndex >= 0) this.#before.set(ssrc, rtpIndex);
    }
  }

  find(ssrc: number): StreamState | undefined {
    if (ssrc === this.#lastSsrc) return this.#last;
    const found = this.#bySsrc.get(ssrc);
    if (found) {
      this.#lastSsrc = ssrc;
      this.#last = found;
    }
    return found;
  }

  add(ssrc: number): StreamState {
    const [oldest] = this.#bySsrc.keys();
    if (this.#bySsrc.size >= mostStreams) this.#bySsrc.delete(oldest);
    const state = new StreamState();
    this.#bySsrc.set(ssrc, state);
    this.#lastSsrc = ssrc;
    this.#last = state;
    return state;
  }

  /**
   * Which indices a stream's first packet may have, the likeliest first: it goes on under a new key where the old
   * one ended (RFC 3711 §3.3.1), begins, or began with packets that were lost before its sequence number wrapped.
   */
  firstIndices(ssrc: number, sequence: number): readonly number[] {
    const before = this.#before.get(ssrc);
    const begins = sequence < 0x8000 ? [sequence, sequence + 0x10000] : [sequence];
    if (before === undefined) return begins;
    const goesOn = closest(before, sequence);
    return goesOn < 0 || begins.includes(goesOn) ? begins : [goesOn, ...begins];
  }

  checkpoint(): SrtpCheckpoint {
    const streams = [...this.#bySsrc].map(([ssrc, { rtp, rtcp }]) => ({
      ssrc,
      rtpIndex: rtp.highest,
      rtcpIndex: rtcp.highest,
    }));
    return { streams };
  }

  restore({ streams }: SrtpCheckpoint): void {
    for (const { ssrc, rtpIndex, rtcpIndex } of streams) {
      const state = this.add(ssrc);
      state.rtp.restore(rtpIndex);
      state.rtcp.restore(rtcpIndex);
    }
  }
}

function closest(index: number, sequence: number): number {
  return index + sequenceDelta(sequence, index % 0x10000);
}
