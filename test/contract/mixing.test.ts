import { expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import { useMixingBench } from '../support/mixing-bench.ts';
import { until } from '../support/until.ts';

describeWith([missingForFreeSwitch()], 'FreeSWITCH mixes', () => {
  const bench = useMixingBench();

  it('for callers in each codec, without themselves, and with a participant who is only heard', async () => {
    const fs = await bench.freeSwitch();
    const node = bench.node(await bench.mixing([fs]));
    const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
    const legs = await Promise.all(codecs.map((codec) => node.open({ codec, room: 'all' })));
    const ada = await node.open({ codec: 'opus', role: 'participant', room: 'all' });
    const tones = [400, 700, 1000, 1300];
    legs.forEach(({ phone }, i) => phone.speak(tones[i] ?? 0));
    ada.phone.speak(1700);
    for (const [i, leg] of legs.entries()) {
      await leg.hears(1700);
      for (const [j, hz] of tones.entries()) await (i === j ? leg.hearsNot(hz) : leg.hears(hz));
    }
    expect(ada.phone.phone.packets).toHaveLength(0);
    await until('it says who talks', () => ada.levels.some((level) => level !== null && level < 40));
    ada.phone.hush();
    await until('it says who ceased to', () => ada.levels.at(-1) === null);
  });
});
