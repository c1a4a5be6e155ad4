import { expect, test } from 'vitest';
import type { MemberFigures } from '../../../../mcu/ports.ts';
import { addFigures, LegFigures, noFigures } from '../../../../mcu/quality/figures.ts';

const some: MemberFigures = {
  concealedMs: 40,
  recoveredMs: 20,
  latePackets: 2,
  clippedMs: 1,
  playoutDelayMs: 60,
  playoutLimitMs: 300,
  echoOfSent: { lossDb: 20, delayMs: 100 },
  echoOfReceived: null,
};
const member = (figures: MemberFigures) => ({ figures: () => Promise.resolve(figures) });

test('figures add up; the delay is the present one, the echo the worst', () => {
  const sum = addFigures(some, { ...some, playoutDelayMs: null, echoOfSent: { lossDb: 12, delayMs: 80 } });
  expect(sum).toEqual({
    concealedMs: 80,
    recoveredMs: 40,
    latePackets: 4,
    clippedMs: 2,
    playoutDelayMs: null,
    playoutLimitMs: 300,
    echoOfSent: { lossDb: 12, delayMs: 80 },
    echoOfReceived: null,
  });
  expect(addFigures(some, noFigures).echoOfSent).toEqual(some.echoOfSent);
});

test('a leg keeps what its former members measured', async () => {
  const figures = new LegFigures(() => 0);
  expect(await figures.refresh()).toEqual(noFigures);
  figures.follow(member(some));
  figures.follow(member(some));
  figures.follow(member({ ...some, playoutDelayMs: 20 }));
  expect(await figures.refresh()).toMatchObject({ concealedMs: 120, latePackets: 6, playoutDelayMs: 20 });
  expect(figures.latest.concealedMs).toBe(120);
});

test('figures are renewed every five seconds without being asked for', async () => {
  let nowMs = 0;
  let asked = 0;
  const figures = new LegFigures(() => nowMs);
  figures.follow({ figures: () => (asked++, Promise.resolve(some)) });
  for (; nowMs < 20_000; nowMs += 250) figures.tick();
  expect(asked).toBe(4);
  await figures.refresh();
  expect(figures.latest).toEqual(some);
});
