/** A FreeSWITCH that lives and takes nobody more: whoever is there goes on talking, who comes is told. */
import { afterEach, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForGateway(), missingForFreeSwitch()],
  'FreeSWITCH has RTP ports for two callers',
  () => {
    const open: { close(): Promise<unknown> }[] = [];
    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await one.close();
    });

    it('they hear each other, a third one is let go with a reason, and no channel is left', async () => {
      const mixer = await startFreeSwitch({ rtp_start: '35100', rtp_end: '35103' });
      open.push(mixer);
      const gateway = await startTestGateway([
        ...['--mixing.engine', 'freeswitch', '--freeswitch.secret', mixer.secret],
        ...['--freeswitch.host', `${mixer.host}:${mixer.port}`],
      ]);
      open.push(gateway);
      const dial = async (user: string): Promise<Caller> => {
        const one = await Caller.open(gateway.sipPort, user);
        open.push(one);
        return one;
      };
      const [anna, bob] = [await dial('4930111'), await dial('4930222')];
      for (const one of [anna, bob]) await one.dial('demo');
      anna.phone.speak((from) => tone(440, 8000, 160, from));
      const hears = (): boolean => toneDb(bob.phone.heard(400), 440) > -25;
      await until('Bob hears Anna', hears, 15_000);
      const eve = await dial('4930333');
      await eve.dial('demo');
      expect(await eve.hungUp(20_000)).toContain('No media node could take the call');
      await until('Bob still hears Anna', hears);
      expect(await gateway.calls()).toHaveLength(2);
      const records = await until('the record', async () => {
        const all = await gateway.records();
        return all.length > 0 ? all : null;
      });
      expect(records.map(({ from, endReason }) => [from, endReason])).toEqual([
        ['4930333', 'media-unavailable'],
      ]);
      await Promise.all([anna.hangUp(), bob.hangUp()]);
      await until('no channel is left', async () =>
        (await mixer.api('show channels count')).trim().startsWith('0 total'),
      );
    }, 180_000);
  },
  { elective: true },
);
