/** What one caller hears of another through a bad network: real processes and UDP; only the SFU is a fake. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { gaps, seeded } from '../support/network-path.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import { until } from '../support/until.ts';

const spokenDb = 20 * Math.log10(8000 / 32_768);
let on: NodeUnderTest;

beforeAll(async () => {
  on = await NodeUnderTest.open({ logLevel: 'warn' });
});
afterEach(() => on.clear());
afterAll(() => on.close());

test('5 % loss, 40 ms of jitter that reorders, and duplicates: heard at its level and without a gap', async () => {
  const [speaker, listener] = [await on.callIntoRoom('network'), await on.callIntoRoom('network')];
  const random = seeded(5);
  speaker.phone.way = (_, send) => {
    if (random() < 0.05) return;
    setTimeout(send, random() * 40);
    if (random() < 0.05) setTimeout(send, random() * 40);
  };
  speaker.phone.speak((from) => tone(440, 8000, 160, from));
  const heard = (ms: number) => listener.phone.heard(ms);
  await until('the tone is heard', () => Math.abs(toneDb(heard(400), 440) - spokenDb) < 3);
  const from = listener.phone.packets.length;
  await until('six seconds of it', () => listener.phone.packets.length > from + 300, 15_000);
  // Three packets lost in a row are rare, and fall silent only after 60 ms.
  expect(gaps(heard(6000), 8000, 15, 300)).toBeLessThanOrEqual(3);
  const levels = Array.from({ length: 15 }, (_, i) =>
    toneDb(heard(6000).subarray(i * 3200, i * 3200 + 3200), 440),
  );
  const near = levels.filter((db) => Math.abs(db - spokenDb) < 4);
  expect(near.length).toBeGreaterThanOrEqual(12);
});
