/** Is this speech in that recording? By normalised cross-correlation, piece by piece. */
import { levelDb } from '../support/audio.ts';
import { correlate } from './correlate.ts';

export interface Recognition {
  /** Median over the pieces of each one's best normalised correlation, 0…1. */
  readonly correlation: number;
  /** Share of the pieces that were found where they belong, 0…1. */
  readonly inPlace: number;
  /** Where the speech begins in the recording, seconds; meaningless when it was not recognised. */
  readonly atSeconds: number;
}

type Match = Pick<Recognition, 'correlation' | 'inPlace'>;

/** A piece holds several syllables: those of another sentence, even by the same voice, don't fit it. */
const PIECE_SECONDS = 1;
/** Below this a piece is a pause and says nothing. */
const PAUSE_DB = -45;
const FOUND = 0.6;
/** Pieces move against each other where a jitter buffer adapts; they keep their order. */
const SLACK_SECONDS = 0.4;

/** `recording` and `speech` at the same rate. One slipped packet spoils one piece, not the whole. */
export function recognise(recording: Int16Array, speech: Int16Array, rateHz: number): Recognition {
  const length = PIECE_SECONDS * rateHz;
  const pieces: { correlation: number; begin: number }[] = [];
  for (let from = 0; from + length <= speech.length; from += length) {
    const piece = speech.subarray(from, from + length);
    if (levelDb(piece) < PAUSE_DB) continue;
    const best = correlate(recording, piece);
    pieces.push({ correlation: best.correlation, begin: best.at - from });
  }
  const found = pieces.filter((piece) => piece.correlation >= FOUND);
  const begin = median((found.length > 0 ? found : pieces).map((piece) => piece.begin));
  const inPlace = found.filter((piece) => Math.abs(piece.begin - begin) <= SLACK_SECONDS * rateHz);
  return {
    correlation: median(pieces.map((piece) => piece.correlation)),
    inPlace: inPlace.length / pieces.length,
    atSeconds: begin / rateHz,
  };
}

export function isRecognised({ correlation, inPlace }: Match): boolean {
  return correlation >= 0.75 && inPlace >= 0.6;
}

export function isAbsent({ correlation, inPlace }: Match): boolean {
  return correlation < 0.6 && inPlace < 0.25;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
