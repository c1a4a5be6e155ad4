import { expect, it } from 'vitest';
import { levelDb } from '../support/audio.ts';
import { decodePayloads } from '../support/codec-phone.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import type { Party } from '../support/mixer-node.ts';
import { useMixingBench } from '../support/mixing-bench.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

/** Level of what the party heard in the last 200 ms, dB of full scale. */
function loudness({ phone }: Party): number {
  const payloads = phone.phone.packets.slice(-10).map(({ payload }) => payload);
  return payloads.length < 10 ? -Infinity : levelDb(decodePayloads(phone.codec, payloads));
}

describeWith(
  [missingForFreeSwitch()],
  'FreeSWITCH mixes',
  () => {
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

    it('plays prompts before a room and in one, to one caller only, and stops them', async () => {
      const fs = await bench.freeSwitch();
      const node = bench.node(await bench.mixing([fs]));
      const [anna, bob] = await Promise.all([node.open(), node.open({ room: 'quiet' })]);
      await until('silence comes at once', () => anna.phone.phone.packets.length > 10);
      anna.play(1, ['en/welcome.wav', 'en/enter-pin.wav']);
      await until('Anna hears it', () => loudness(anna) > -40);
      anna.stop(1);
      await until('it is stopped', () => loudness(anna) < -60);
      expect(anna.played).toEqual([{ endpoint: anna.id, play: 1, how: 'stopped' }]);
      anna.set({ room: 'quiet' });
      bob.phone.speak(600);
      await anna.hears(600);
      anna.play(2, ['tones/join.wav', 'tones/leave.wav']);
      await until('both files are over', () => anna.played.at(-1)?.play === 2);
      expect(anna.played.at(-1)).toMatchObject({ how: 'finished' });
      // Bob hears neither Anna's prompt nor himself.
      expect(loudness(bob)).toBeLessThan(-60);
      anna.play(3, ['music/hold.wav'], true);
      anna.set({ hears: false });
      await anna.hearsNot(600);
      await until('the deaf hear their prompts', () => loudness(anna) > -45);
      anna.play(4, ['../../../etc/passwd']);
      anna.play(5, ['en/nothing-here.wav']);
      await until(
        'what is not there fails',
        () => anna.played.filter(({ how }) => how === 'failed').length === 1,
      );
      node.session.ask('mixerRoomPlay', { room: 'quiet', files: ['en/goodbye.wav'] });
      await until('the room hears it', () => loudness(bob) > -40);
    });

    it('mutes, moves from room to room, and gives an Opus voice for a G.722 one', async () => {
      const fs = await bench.freeSwitch();
      const node = bench.node(await bench.mixing([fs]));
      const [anna, bob, cem] = await Promise.all(['one', 'one', 'two'].map((room) => node.open({ room })));
      anna.phone.speak(500);
      await bob.hears(500);
      anna.set({ muted: true });
      await bob.hearsNot(500);
      anna.set({ room: 'two' });
      anna.set({ muted: false });
      await cem.hears(500);
      await bob.hearsNot(500);
      const wide = await node.party({ codec: 'G722', role: 'transcoder', id: 'in', bridgedTo: 'out' });
      const opus = await node.party({ codec: 'opus', role: 'transcoder', id: 'out', bridgedTo: 'in' });
      await Promise.all([wide.up(), opus.up()]);
      wide.phone.speak(900);
      await opus.hears(900);
    });

    it('leaves nothing behind: closed, node gone, gateway dead', async () => {
      const fs = await bench.freeSwitch();
      const channels = async (): Promise<number> =>
        Number(/^(\d+) total/m.exec(await fs.api('show channels count'))?.[1] ?? 0);
      const mixing = await bench.mixing([fs], { lease: { seconds: 2, renewMs: 500 } });
      const node = bench.node(mixing);
      const one = await node.open({ room: 'x' });
      await node.open();
      await until('both are there', async () => (await channels()) === 2);
      one.close();
      await until('one is gone', async () => (await channels()) === 1);
      await node.open({ room: 'x' });
      await until('another is there', async () => (await channels()) === 2);
      node.restart();
      await until('the node’s are gone', async () => (await channels()) === 0);
      await node.open({ room: 'x' });
      await mixing.close();
      await until('the gateway’s are gone', async () => (await channels()) === 0);
    });
  },
  { elective: true },
);
