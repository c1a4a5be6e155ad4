/** Counted since the start; the first three go up and down and are zero when the edge rests. */
export interface EdgeCounters {
  clientTransactions: number;
  serverTransactions: number;
  dialogs: number;
  /** Requests that came in, repetitions not counted. */
  requests: number;
  /** Requests that were sent for apps or by the edge itself, ACK not counted. */
  requestsSent: number;
  /** Repetitions of requests that a transaction absorbed. */
  retransmissions: number;
  /** RFC 3261 §8.2.2.2: copies of a request by another way. */
  merged: number;
  /** ACKs and responses that belong to nothing. */
  strays: number;
  /** Requests that were refused as there are too many transactions or dialogs. */
  overloaded: number;
  /** Requests that no app wanted. */
  noRoute: number;
  /** Requests that a rule of SIP refuses (4xx and 505 by the edge itself). */
  invalid: number;
  /** INVITEs answered with 2xx whose ACK never came. */
  ackTimeouts: number;
  /** Requests that went to a further server as the one before failed (RFC 3263 §4.3). */
  failovers: number;
  sendErrors: number;
}

export function newCounters(): EdgeCounters {
  return {
    clientTransactions: 0,
    serverTransactions: 0,
    dialogs: 0,
    requests: 0,
    requestsSent: 0,
    retransmissions: 0,
    merged: 0,
    strays: 0,
    overloaded: 0,
    noRoute: 0,
    invalid: 0,
    ackTimeouts: 0,
    failovers: 0,
    sendErrors: 0,
  };
}
