/** What both peer connections share: one libdatachannel object, its state, its candidates, its end. */
import { PeerConnection, type Track } from 'node-datachannel';
import { LinkError } from './errors.ts';
import { type Candidate, parseCandidate, type PeerOptions, rtcConfig } from './ice.ts';
import { orAbort, settledWithin, type Waiter, waiter } from './waits.ts';

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
  #description: Waiter<string> | null = null;
  #remoteKnown = false;
  #closing = false;

  constructor(name: string, options: PeerOptions, handlers: PeerHandlers) {
    this.connection = new PeerConnection(name, rtcConfig(options));
    this.connection.onLocalDescription((sdp) => this.#description?.resolve(sdp));
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

  /** Makes the local description and waits for its text. */
  describe(type: 'offer' | 'answer', signal: AbortSignal): Promise<string> {
    const description = waiter<string>();
    this.#description = description;
    this.connection.setLocalDescription(type);
    return orAbort(description.promise, signal);
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
      const error = new LinkError('LINK_LOST', 'the link was closed');
      this.#connected.reject(error);
      this.#description?.reject(error);
      this.connection.close();
    }
    await settledWithin(this.#closed.promise, CLOSE_DEADLINE_MS);
  }
}

/** Sends while the track is open. Its transport lives on a thread of its own and may close between look and send. */
export function trySend(track: Track, packet: Buffer): void {
  if (!track.isOpen()) return;
  try {
    track.sendMessageBinary(packet);
  } catch {
    // The packet is lost, as on any network; the peer's state tells of the transport's end.
  }
}
