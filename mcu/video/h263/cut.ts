const zeros = Buffer.from([0, 0]);

/** Where the next GOB or picture begins on a byte's edge, after `from`; the end: nowhere (ITU-T H.263 §5.2.2). */
export function nextGob(frame: Buffer, from: number): number {
  for (let at = from + 1; ; at++) {
    at = frame.indexOf(zeros, at);
    if (at === -1 || at + 2 >= frame.length) return frame.length;
    if (frame[at + 2] > 0x7f) return at;
  }
}

/**
 * Where a packet ends that begins at `from`: before the last GOB that begins within `most` bytes.
 * @returns `from`: no GOB ends there.
 */
export function lastGobWithin(frame: Buffer, from: number, most: number): number {
  if (frame.length - from <= most) return frame.length;
  let cut = from;
  for (;;) {
    const next = nextGob(frame, cut);
    if (next - from > most) return cut;
    cut = next;
  }
}
