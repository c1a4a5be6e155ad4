import type { PictureSize } from '../ports/pictures.ts';

/** What a depacketizer knows of the frame it is putting together. One object, written anew for each frame. */
export interface FrameFacts {
  /** There is something to be shown: not only parameter sets. */
  picture: boolean;
  /** It can be decoded with nothing before it, as it is taken. */
  keyFrame: boolean;
  /** A part of it began and never ended. */
  unfinished: boolean;
  /** Its first byte is there, whatever was lost before. */
  startsWhole: boolean;
  /** Whatever was lost before it, it refers to nothing of that. */
  followsOn: boolean;
  /** Nothing refers to it. */
  disposable: boolean;
}

export function noFacts(): FrameFacts {
  return {
    picture: false,
    keyFrame: false,
    unfinished: false,
    startsWhole: false,
    followsOn: false,
    disposable: false,
  };
}

/** Puts frames together from the payloads of a codec's RTP packets, which it is given in order. */
export interface Depacketizer {
  /** A new frame; what was there of the last one is forgotten. */
  begin(): void;
  /** The payload `packet[from]` … `packet[to - 1]`, never empty. False: it is none of this codec, or the frame grows too large. */
  write(packet: Buffer, from: number, to: number): boolean;
  /** Packets between the last one and the next one are lost. */
  gap(): void;
  /** No more packets of this frame come. The facts are lent until the next call. */
  finish(): FrameFacts;
  /** The finished frame, in memory of its own. */
  take(): Buffer;
  /** The finished frame is given out: those that follow may refer to it. */
  accept(): void;
  /** Of the latest key frame; null: not known yet. */
  readonly size: PictureSize | null;
  /** Another stream begins. */
  reset(): void;
}
