import { MediaError } from '../errors.ts';

export interface Sound {
  readonly rateHz: number;
  readonly samples: Int16Array;
}

const pcm = 1;
const extensible = 0xfffe;

/** Reads a RIFF/WAVE file of 16-bit mono PCM. Throws PROMPT_UNREADABLE. */
export function readWav(file: Buffer, name: string): Sound {
  const refuse = (why: string) => new MediaError('PROMPT_UNREADABLE', `${name}: ${why}`);
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw refuse('not a WAV file');
  }
  let rateHz = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const kind = file.toString('latin1', at, at + 4);
    const bytes = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + bytes);
    if (kind === 'fmt ' && body.length >= 16) {
      const format = body.readUInt16LE(0);
      if (format !== pcm && format !== extensible) throw refuse('not PCM');
      if (body.readUInt16LE(2) !== 1) throw refuse('not mono');
      if (body.readUInt16LE(14) !== 16) throw refuse('not 16 bits a sample');
      rateHz = body.readUInt32LE(4);
      if (rateHz < 8000 || rateHz > 48000) throw refuse(`${rateHz} Hz is not between 8000 and 48000`);
    }
    if (kind === 'data') {
      if (rateHz === 0) throw refuse('data before its format');
      const samples = new Int16Array(body.length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = body.readInt16LE(i * 2);
      return { rateHz, samples };
    }
    at += 8 + bytes + (bytes % 2);
  }
  throw refuse('no data');
}
