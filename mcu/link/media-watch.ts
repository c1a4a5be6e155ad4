/**
 * Both notice that media no longer passes while the socket lives, as when a firewall has forgotten the flow. ICE takes
 * up to 30 s for that (RFC 7675 §5.1), and LiveKit 15 s; a caller would speak to nobody for so long, and not know.
 */

/** A stall of the network that heals within this needs no rejoin, which would be a gap of its own. */
const SILENCE_MS = 5000;
/** Whoever pauses is answered rarely too: without so many packets nothing is concluded. */
const MIN_UNANSWERED = 50;

/** Whether the SFU, by whatever link, was ever seen to report on what it gets (RFC 3550 §6.4.2). */
export interface SfuReports {
  seen: boolean;
}

/** Watches what is sent: the SFU reports on it once a second. */
export class AnswerWatch {
  readonly #reports: SfuReports;
  #unanswered = 0;
  #sinceMs = 0;

  /** `reports`: of all links to this SFU, so that one whose SFU falls silent before its first report knows it too. */
  constructor(reports: SfuReports) {
    this.#reports = reports;
  }

  /** Counts a packet that goes out; true: none of the last seconds has arrived. */
  sent(nowMs: number): boolean {
    if (this.#unanswered === 0) this.#sinceMs = nowMs;
    this.#unanswered += 1;
    // An SFU that reports on nothing at all is not one whose reports fail to come.
    return this.#reports.seen && this.#unanswered >= MIN_UNANSWERED && nowMs - this.#sinceMs >= SILENCE_MS;
  }

  answered(): void {
    this.#reports.seen = true;
    this.#unanswered = 0;
  }
}

/**
 * Watches what comes: a voice that was heard and is still there, unmuted, does not just fall silent (even DTX sends). A
 * picture may: of a screen on which nothing moves, or from a browser short of bandwidth.
 */
export class FlowWatch {
  readonly #timer: NodeJS.Timeout;
  #lastTrack: string | null = null;
  #silentSeconds = 0;

  /** `expected`: whether packets of a track should still be coming. `onStopped` is called once for each silence. */
  constructor(expected: (trackSid: string) => boolean, onStopped: () => void) {
    this.#timer = setInterval(() => {
      const track = this.#lastTrack;
      if (track === null || !expected(track)) {
        this.#lastTrack = null;
        return;
      }
      this.#silentSeconds += 1;
      if (this.#silentSeconds * 1000 <= SILENCE_MS) return;
      this.#lastTrack = null;
      onStopped();
    }, 1000);
  }

  heard(trackSid: string, video: boolean): void {
    if (!video) this.#lastTrack = trackSid;
    this.#silentSeconds = 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
