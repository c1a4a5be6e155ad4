import { plainLook } from '../plain-look.ts';
import type { HearSource, LegLocal, LegMediaConfig } from '../ports.ts';
import type { PathCheckpoint } from '../rtp/media-path.ts';
import type { SrtpCheckpoint } from '../srtp/types.ts';
import type { LegPeer, WayCheckpoint } from './protocol.ts';

export type Stream = 'audio' | 'video';

const noWay: WayCheckpoint = { peer: null, path: null, srtp: null };

/** What a node was told of a leg, and what it has told of it: all that its next process needs to go on with it. */
export class LegMemory {
  config: LegMediaConfig | null = null;
  look = plainLook;
  hear: HearSource = 'nothing';
  muted = false;
  /** The engine's room that it talks in, no room of LiveKit's. */
  connected: string | null = null;
  /** By a host. */
  cameraMuted = false;
  /** That nothing comes from the peer was told. */
  silent = false;
  readonly #ways: Record<Stream, WayCheckpoint> = { audio: noWay, video: noWay };

  /** Where a stream of the peer's comes from. */
  peerIs(stream: Stream, peer: LegPeer): void {
    this.#ways[stream] = { ...this.#ways[stream], peer };
  }

  /** Which way to the peer was found, and which keys were agreed on it. */
  pathIs(stream: Stream, path: PathCheckpoint): void {
    this.#ways[stream] = { ...this.#ways[stream], path };
  }

  /** How far the peer's encrypted streams have come. */
  srtpIs(stream: Stream, srtp: SrtpCheckpoint): void {
    this.#ways[stream] = { ...this.#ways[stream], srtp };
  }

  /** Of the leg on those ports. */
  checkpoint({ rtpPort, video }: LegLocal) {
    const { config, look, hear, muted, cameraMuted, silent, connected } = this;
    return {
      ...{ rtpPort, config, look, hear, muted, cameraMuted, silent, connected },
      ...this.#ways.audio,
      video: video ? { rtpPort: video.rtpPort, ...this.#ways.video } : null,
    };
  }
}
