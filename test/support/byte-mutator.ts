/** Same seed, same bytes: a failure can be run again. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const nasty = [
  '\r\n',
  '\0',
  ';',
  '"',
  '<',
  '>',
  ':',
  '@',
  '%',
  ',',
  '|',
  '#',
  '-1',
  '99999999999',
  '\r\n ',
  'ÿ',
  '=',
];

/** One to four wounds: a changed byte, a hole, an echo, something nasty, an early end, a line twice. */
export function mutate(text: string | Buffer, random: (below: number) => number): Buffer {
  let bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let wounds = random(4); wounds >= 0; wounds -= 1) {
    const at = random(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (random(6)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]);
        break;
      case 1:
        bytes = Buffer.concat([before, after.subarray(random(20))]);
        break;
      case 2:
        bytes = Buffer.concat([before, before.subarray(-random(30)), after]);
        break;
      case 3:
        bytes = Buffer.concat([before, Buffer.from(nasty[random(nasty.length)] ?? ''), after]);
        break;
      case 4:
        if (random(4) === 0) bytes = Buffer.from(before);
        break;
      default: {
        const lines = bytes.toString('latin1').split('\r\n');
        lines.splice(random(lines.length), 0, lines[random(lines.length)] ?? '');
        bytes = Buffer.from(lines.join('\r\n'), 'latin1');
      }
    }
  }
  return bytes;
}
