import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { MixingServerStatus } from '../../gateway/ports.ts';
import type { Mixing } from '../../gateway/mixing/mixing.ts';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { FakeDrains } from '../fakes/drains.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';
import { useMixingBench } from '../support/mixing-bench.ts';
import { describeWith } from '../support/needs.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForFreeSwitch()],
  'a FreeSWITCH fails',
  () => {
    const bench = useMixingBench();

    function only(mixing: Mixing): MixingServerStatus {
      const [one] = mixing.status().servers;
      return one;
    }

    async function channels(fs: TestFreeSwitch): Promise<number> {
      return Number(/^(\d+) total/m.exec(await fs.api('show channels count'))?.[1] ?? -1);
    }

    it('is killed: who sat there is told at once, and finds another', async () => {
      const mixers = await Promise.all([bench.freeSwitch(), bench.freeSwitch()]);
      const mixing = await bench.mixing(mixers);
      await until('both are up', () => mixing.status().servers.every(({ state }) => state === 'up'), 10_000);
      const node = bench.node(mixing);
      const anna = await node.open({ room: 'r' });
      const bob = await node.open({ room: 'r' });
      const at = mixing.status().servers.findIndex(({ rooms }) => rooms === 1);
      expect(mixing.status().servers.map(({ endpoints }) => endpoints)).toContain(2);
      mixers[at].kill('SIGKILL');
      await until('both are told', () => anna.lost !== null && bob.lost !== null, 2000);
      const [again, other] = await Promise.all([node.open({ room: 'r' }), node.open({ room: 'r' })]);
      again.phone.speak(500);
      await other.hears(500);
      expect(mixing.status().servers[at]).toMatchObject({ state: 'down', losses: 1, hangs: 0 });
      expect(node.status).toEqual({ state: 'up', restarts: 1, hangs: 0 });
    });

    it('hangs: it counts as dead, and is swept when it wakes up', async () => {
      const fs = await bench.freeSwitch();
      const mixing = await bench.mixing([fs]);
      const node = bench.node(mixing);
      const anna = await node.open({ room: 'r' });
      fs.kill('SIGSTOP');
      await until('Anna is told', () => anna.lost, 12_000);
      expect(only(mixing)).toMatchObject({ state: 'down', losses: 1, hangs: 1, endpoints: 0 });
      const early = await node.party({ room: 'r' });
      await until('there is none', () => early.lost);
      expect(early.lost).toBe('No FreeSWITCH is there.');
      fs.kill('SIGCONT');
      await until('it is back', () => mixing.isUp, 20_000);
      await until('nothing is left there', async () => (await channels(fs)) === 0, 10_000);
      await node.open({ room: 'r' });
    });

    it('has no RTP ports left, or not the codec: words say which may be the reason', async () => {
      const full = await bench.freeSwitch({ rtp_start: '35000', rtp_end: '35003' });
      const node = bench.node(await bench.mixing([full]));
      await Promise.all([node.open(), node.open()]);
      await expect(node.open()).rejects.toThrow(/488.*no codec in common, or no RTP port left/);

      const deaf = await bench.freeSwitch({}, (folder) => {
        const path = join(folder, 'sofia.xml');
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('OPUS,', ''));
      });
      const second = bench.node(await bench.mixing([deaf]));
      await expect(second.open({ codec: 'opus' })).rejects.toThrow(/488/);
      await second.open({ codec: 'PCMU' });
    });

    it('can not be used: wrong secret, no profile, nobody there; its secret is in no log', async () => {
      const other = await bench.freeSwitch({}, (folder) => {
        const path = join(folder, 'sofia.xml');
        writeFileSync(path, readFileSync(path, 'utf8').replace('name="drachtio_mrf"', 'name="other"'));
      });
      const nobody = { host: '127.0.0.1', port: await freePort('127.0.0.1'), secret: 'hidden words' };
      const mixing = await bench.mixing([{ ...other, secret: 'hidden words' }, other, nobody]);
      const problems = mixing.status().servers.map(({ problem }) => problem?.code);
      expect(problems).toEqual([
        'FREESWITCH_SECRET_WRONG',
        'FREESWITCH_NO_PROFILE',
        'FREESWITCH_UNREACHABLE',
      ]);
      expect(only(mixing).problem?.remedy).toMatch(/FREESWITCH_SECRET/);
      // Each reason once, though all are tried again; one that still starts has another at first.
      const said = bench.said('FreeSWITCH can not be used').map((facts) => JSON.stringify(facts));
      expect(said.length).toBeGreaterThanOrEqual(3);
      expect(new Set(said).size).toBe(said.length);
      expect(JSON.stringify(bench.lines)).not.toContain('hidden words');
    });

    it('is slow: its event socket takes a fifth of a second each way', async () => {
      const fs = await bench.freeSwitch();
      const proxy = await startTcpProxy(`tcp://127.0.0.1:${fs.port}`, 200);
      bench.later(() => proxy.close());
      const node = bench.node(await bench.mixing([{ ...fs, port: Number(new URL(proxy.url).port) }]));
      const [anna, bob] = await Promise.all([node.open({ room: 'r' }), node.open({ room: 'r' })]);
      anna.phone.speak(500);
      await bob.hears(500);
    });

    it('is drained: rooms stay, new ones go to the other', async () => {
      const mixers = await Promise.all([bench.freeSwitch(), bench.freeSwitch()]);
      const drains = new FakeDrains();
      const mixing = await bench.mixing(mixers, { drains });
      await until('both are up', () => mixing.status().servers.every(({ state }) => state === 'up'), 10_000);
      const node = bench.node(mixing);
      await node.open({ room: 'old' });
      const old = mixing.status().servers.find(({ rooms }) => rooms === 1)?.name ?? '';
      expect(await mixing.setDraining(old, true)).toBe(true);
      expect(await mixing.setDraining('10.0.0.9:1', true)).toBe(false);
      const rooms = (): (number | undefined)[] => [
        mixing.status().servers.find(({ name }) => name === old)?.rooms,
        mixing.status().servers.find(({ name }) => name !== old)?.rooms,
      ];
      await Promise.all(['new', 'newer', 'old'].map((room) => node.open({ room })));
      expect(rooms()).toEqual([1, 2]);
      // A caller who waits at one FreeSWITCH for a room of the other gets there by way of a new endpoint: until that is
      // up, what the caller hears goes on.
      const waiting = await node.open();
      waiting.play(1, ['en/wait-for-host.wav']);
      waiting.set({ room: 'old' });
      await until('it has to move', () => waiting.isElsewhere);
      const moved = await node.open({ room: 'old' });
      const other = await node.open({ room: 'old' });
      other.phone.speak(500);
      await moved.hears(500);
      await until('the prompt is over', () => waiting.played.length > 0);
      expect(waiting.played).toMatchObject([{ play: 1, how: 'finished' }]);
      expect(waiting.lost).toBeNull();
      expect(rooms()).toEqual([1, 2]);
      // Its next run, or another gateway.
      const next = await bench.mixing(mixers, { drains, gateway: 'next' });
      await until('both are up', () => next.status().servers.every(({ state }) => state === 'up'), 10_000);
      await bench.node(next).open({ room: 'next' });
      expect(next.status().servers.filter((one) => one.draining)).toMatchObject([{ name: old, rooms: 0 }]);
    });

    it('is left by a dead gateway: leases end, and its next run ends what is left', async () => {
      const fs = await bench.freeSwitch();
      const silent = bench.node(await bench.mixing([fs], { lease: { seconds: 1, renewMs: 600_000 } }));
      const leased = await silent.open({ room: 'r' });
      await until('the lease is over', () => leased.lost);
      const left = await bench.node(await bench.mixing([fs], { gateway: 'a' })).open({ room: 'r' });
      const others = await bench.node(await bench.mixing([fs], { gateway: 'b' })).open({ room: 'r' });
      await bench.mixing([fs], { gateway: 'a' });
      await until('what was left is gone', () => left.lost);
      expect(others.lost).toBeNull();
      expect(bench.said('left-over FreeSWITCH channels ended')).toEqual([
        expect.objectContaining({ channels: 1 }),
      ]);
    });

    it('was the last: that is told once', async () => {
      const fs = await bench.freeSwitch();
      const mixing = await bench.mixing([fs], { noneAfterMs: 300 });
      let told = 0;
      mixing.onNone = () => (told += 1);
      fs.kill('SIGKILL');
      await until('it is told', () => told > 0);
      expect(told).toBe(1);
      expect(mixing.isUp).toBe(false);
    });
  },
  { elective: true },
);
