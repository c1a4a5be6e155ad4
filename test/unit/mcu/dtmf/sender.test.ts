import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DigitDetector } from '../../../../mcu/dtmf/detector.ts';
import { DigitSender } from '../../../../mcu/dtmf/sender.ts';

/** So many ticks of a voice at 8 kHz; null: the voice itself. */
function ticks(sender: DigitSender, count: number): (readonly number[] | null)[] {
  return Array.from({ length: count }, () => {
    const packet = Buffer.alloc(4);
    if (!sender.write(packet, 0, 160)) return null;
    return [packet[0], packet[1] >> 7, packet.readUInt16BE(2), sender.isFirst ? 1 : 0];
  });
}

it('sends a key as an event that grows, and its end three times', () => {
  const sender = new DigitSender();
  sender.press('#');
  expect(ticks(sender, 10)).toEqual([
    [11, 0, 160, 1],
    [11, 0, 320, 0],
    [11, 0, 480, 0],
    [11, 0, 640, 0],
    [11, 0, 800, 0],
    [11, 1, 960, 0],
    [11, 1, 960, 0],
    [11, 1, 960, 0],
    null,
    null,
  ]);
});

it('leaves the voice 80 ms between two keys, and half a second for w', () => {
  const sender = new DigitSender();
  sender.press('12w3');
  const sent = ticks(sender, 70).map((tick) => (tick === null ? '.' : String(tick[0])));
  expect(sent.join('')).toBe('11111111....22222222....' + '.'.repeat(25) + '33333333' + '.'.repeat(13));
});

it('is understood by our own detector, whatever is typed', () => {
  const keys = fc.string({ unit: fc.constantFrom(...Array.from('0123456789*#ABCD')), maxLength: 20 });
  fc.assert(
    fc.property(keys, (typed) => {
      const sender = new DigitSender();
      let nowMs = 0;
      const detector = new DigitDetector(() => nowMs);
      sender.press(typed);
      let heard = '';
      let start = 0;
      for (let tick = 0; tick < 20 * 14; tick++) {
        nowMs += 20;
        const packet = Buffer.alloc(4);
        if (!sender.write(packet, 0, 160)) continue;
        if (sender.isFirst) start = tick * 160;
        heard += detector.take(packet, 0, 4, start, sender.isFirst) ?? '';
      }
      expect(heard).toBe(typed);
    }),
  );
});

it('forgets what is typed faster than it can be sent', () => {
  const sender = new DigitSender();
  for (let i = 0; i < 100; i++) sender.press('11');
  expect(ticks(sender, 3000).filter((tick) => tick?.[3] === 1)).toHaveLength(64);
});
