/** Bounds and deadlines of the SIP side; the defaults suit a real network, tests shorten some. */
export interface SipLimits {
  /** Largest message body that is read. */
  readonly maxBodyBytes: number;
  /** How long one try to reach a server may take, and `start` waits for all before it goes on without. */
  readonly connectMs: number;
  /** How often a server is asked for a sign of life; after three without it is gone. */
  readonly heartbeatMs: number;
  /** Pause after a server has refused our secret: nothing changes until somebody does something. */
  readonly refusedMs: number;
  /** A device has this long to answer an OPTIONS in its dialog. */
  readonly aliveMs: number;
  /** A trunk has this long to answer a ping: some repetitions over UDP. */
  readonly pingMs: number;
  /** How long hanging up waits for a missing ACK before its BYE, and for the BYE's answer. */
  readonly hangUpMs: number;
  /** RFC 3262 §3: 64·T1 for the PRACK; RFC 3261 §13.3.1.4: the same for the ACK. A little more: the edge's timers come first. */
  readonly handshakeMs: number;
  /** A device has this long to tell what became of its transfer: it rings there meanwhile. */
  readonly transferMs: number;
  /** Time for the media node to open a leg, and to do what was negotiated. */
  readonly mediaMs: number;
  /** Time for the SIP server to take our 200. */
  readonly acceptMs: number;
  /** Time to resolve a host name in a `c=` line. */
  readonly resolveMs: number;
  /** Longest session interval that we agree to (RFC 4028), in seconds; at least 90. */
  readonly sessionSeconds: number;
}

export const defaultSipLimits: SipLimits = {
  maxBodyBytes: 32_768,
  connectMs: 10_000,
  heartbeatMs: 5000,
  refusedMs: 30_000,
  aliveMs: 8000,
  pingMs: 10_000,
  hangUpMs: 4000,
  handshakeMs: 34_000,
  transferMs: 45_000,
  mediaMs: 10_000,
  acceptMs: 5000,
  resolveMs: 2000,
  sessionSeconds: 1800,
};
