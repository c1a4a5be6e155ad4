/** What becomes of calls that FreeSWITCH mixes when it dies, or the node's process does; only the SFU is a fake. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tone, toneDb, writeWav } from '../support/audio.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import { FreeSwitchBeside } from '../support/engine-under-test.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import { describeWith } from '../support/needs.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { NodeCaller } from '../support/node-under-test.ts';
import { commandOf, descendants } from '../support/process-tree.ts';
import { testVideo } from '../support/test-video.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForFreeSwitch(), ffmpegMissing],
  'a media node whose sound and pictures FreeSWITCH mixes',
  () => {
    let on: NodeUnderTest<FreeSwitchBeside>;
    let [a, b]: NodeCaller[] = [];

    beforeEach(async () => {
      on = await NodeUnderTest.with((folder, lines) => FreeSwitchBeside.open(folder, lines), {
        restoreWithinMs: 40_000,
      });
      writeWav(join(on.promptFolder, 'music.wav'), tone(700, 8000, 48_000, 0, 48_000), 48_000);
      a = await on.callIntoRoom('calls');
      b = await on.callIntoRoom('calls');
      a.phone.speak((from) => tone(440, 8000, 160, from));
      await until('b hears a', () => toneDb(b.phone.heard(400), 440) > -20);
    });
    afterEach(async () => {
      await on.clear();
      await on.close();
    });

    it('starts no process that mixes', () => {
      const own = descendants(on.node.status().pid ?? 0).map(commandOf);
      expect(own.filter((command) => command.includes('/engines/'))).toEqual([]);
      expect(on.node.status().engine).toMatchObject({ kind: 'freeswitch', state: 'up', pid: null });
    });

    it('goes on when FreeSWITCH is killed and comes back: neither links nor sockets notice, music plays on', async () => {
      const publisher = await until('a is in the room', () => on.sfu.publisher(a.identity));
      const music = b.leg.play(['music.wav'], { loop: true });
      const prompt = a.leg.play(['music.wav', 'music.wav', 'music.wav']);
      await until('both play', () => [a, b].every(({ phone }) => toneDb(phone.heard(200), 700) > -20));
      on.engine.freeSwitch.kill('SIGKILL');
      const published = publisher.packets.length;
      expect(await prompt).toBe('stopped');
      await until('it is told', () => on.node.status().engine.state !== 'up');
      const diedMs = performance.now();
      await on.engine.startAgain();
      await until(
        'b hears a, and music',
        () => {
          const heard = b.phone.heard(400, diedMs);
          return toneDb(heard, 440) > -30 && toneDb(heard, 700) > -20;
        },
        20_000,
      );
      expect(on.node.status().engine.state).toBe('up');
      expect(publisher.packets.length).toBeGreaterThan(published);
      expect(on.sfu.publisher(a.identity)).toBe(publisher);
      expect([...a.told, ...b.told]).toEqual([]);
      expect(new Set(b.phone.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
      await b.leg.close();
      expect(await music).toBe('stopped');
    });

    it('has its pictures back from a key frame on when FreeSWITCH is killed and comes back', async () => {
      const screen = { width: 1280, height: 720 };
      const c = await on.videoCallIntoRoom('pictures', testVideo({ colour: 'red', ...screen }));
      const d = await on.videoCallIntoRoom('pictures', testVideo({ colour: 'blue' }));
      const both = async (): Promise<void> => {
        await c.video.sees('blue', screen);
        await d.video.sees('red', screen);
      };
      c.video.film();
      d.video.film();
      await both();
      const cameras = [c, d].map(({ identity }) => on.sfu.publisher(identity)?.camera);
      on.engine.freeSwitch.kill('SIGKILL');
      await until('it is told', () => on.node.status().engine.state !== 'up');
      for (const { video } of [c, d]) video.frames.length = 0;
      await on.engine.startAgain();
      for (const { video } of [c, d]) await until('a picture comes', () => video.frames[0]?.keyFrame, 20_000);
      await both();
      expect([c, d].map(({ video }) => video.isInSequence)).toEqual([true, true]);
      for (const [at, { identity }] of [c, d].entries()) {
        expect(on.sfu.publisher(identity)?.camera).toBe(cameras[at]);
        const sent = cameras[at]?.packets.length ?? 0;
        await until('browsers go on getting it', () => (cameras[at]?.packets.length ?? 0) > sent + 10);
      }
      expect([...c.told, ...d.told]).toEqual([]);
    });

    it('asks for all anew when the node’s process dies, and nothing of the dead one stays', async () => {
      await on.standsBy('media node');
      const { pid } = on.node.status();
      process.kill(pid ?? 0, 'SIGKILL');
      await until(
        'another process runs',
        () => on.node.status().pid !== pid && on.node.status().state === 'up',
      );
      const diedMs = performance.now();
      await until('b hears a again', () => toneDb(b.phone.heard(400, diedMs), 440) > -20, 20_000);
      await until('FreeSWITCH has two callers, and no more', async () =>
        (await on.engine.freeSwitch.api('show channels count')).trim().startsWith('2 total'),
      );
    });
  },
  { elective: true },
);
