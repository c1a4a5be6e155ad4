/** What both peer connections share: one libdatachannel object, its state, its candidates, its end. */
import { PeerConnection, type Track } from 'node-datachannel';
import { LinkError } from './errors.ts';
import { type Candidate, parseCandidate, type PeerOptions, rtcConfig } from './ice.ts';
import { orAbort, settledWithin, waiter } from './waits.ts';

const CLOSE_DEADLINE_MS = 2000;

export interface PeerHandlers {
  /** A candidate of ours for the SFU. */
  readonly onCandidate: (candidate: Candidate) => void;
  /** ICE or DTLS gave up. libdatachannel has no ICE restart: only a fresh join helps. */
  readonly onFailed: () => void;
}

export class Peer {
  readonly connection: PeerConnection;
  readonly #connected = waiter<undefined>();
  readonly #closed = waiter<undefined>();
  readonly #waitingCandidates: Candidate[] = [];
  #remoteKnown = false;
  #closing = false;

  constructor(name: string, options: PeerOptions, handlers: PeerHandlers) {
    this.connection = new PeerConnection(name, rtcConfig(options));
    this.connection.onLocalCandidate((candidate, mid) => {
      if (!this.#closing) handlers.onCandidate({ candidate: candidate.replace(/^a=/, ''), mid });
    });
    this.connection.onStateChange((state) => {
      if (state === 'connected') this.#connected.resolve(undefined);
      if (state === 'closed') this.#closed.resolve(undefined);
      if (state !== 'failed' || this.#closing) return;
      this.#connected.reject(new LinkError('LINK_TRANSPORT_FAILED', 'the media transport could not connect'));
      handlers.onFailed();
    });
  }

  /**
   * Makes the local description and gives its text. libdatachannel has it at once; its callback would bring it later,
   * and every callback is a handle that the event loop looks at whenever any of them is called.
   */
  describe(type: 'offer' | 'answer'): string {
    this.connection.setLocalDescription(type);
    const description = this.connection.localDescription();
    if (description === null) throw new LinkError('LINK_LOST', 'the link was closed');
    return description.sdp;
  }

  /** Takes the SFU's description, then the candidates that came before it. */
  acceptRemote(sdp: string, type: 'offer' | 'answer'): void {
    this.connection.setRemoteDescription(sdp, type);
    this.#remoteKnown = true;
    for (const candidate of this.#waitingCandidates.splice(0)) this.#add(candidate);
  }

  addCandidate(init: string): void {
    const candidate = parseCandidate(init);
    if (candidate === null || this.#closing) return;
    if (this.#remoteKnown) this.#add(candidate);
    else this.#waitingCandidates.push(candidate);
  }

  #add({ candidate, mid }: Candidate): void {
    try {
      this.connection.addRemoteCandidate(candidate, mid);
    } catch {
      // One that libjuice cannot use (TCP, mDNS names): the others remain.
    }
  }

  connected(signal: AbortSignal): Promise<undefined> {
    return orAbort(this.#connected.promise, signal);
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#connected.reject(new LinkError('LINK_LOST', 'the link was closed'));
      this.connection.close();
    }
    await settledWithin(this.#closed.promise, CLOSE_DEADLINE_MS);
  }
}

/**
 * Sends on a track that was open. Its transport lives on a thread of its own and may close at any moment, so asking
 * whether it is open would be worth nothing.
 */
export function trySend(track: Track, packet: Buffer): void {
  try {
    track.sendMessageBinary(packet);
  } catch {
    // The packet is lost, as on any network; the peer's state tells of the transport's end.
  }
}
