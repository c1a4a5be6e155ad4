import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { levelDb, tone, toneDb, toneDbMostly } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { CodecPhone, decodePayloads } from '../support/codec-phone.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { SipUa } from '../support/sip-ua.ts';
import { until } from '../support/until.ts';
import { passFor } from '../support/room-door.ts';

describeWith(
  [missingForGateway(), missingForFreeSwitch()],
  'FreeSWITCH mixes for callers',
  () => {
    let mixers: TestFreeSwitch[];
    let gateway: TestGateway;
    const open: { close(): Promise<unknown> }[] = [];

    beforeAll(async () => {
      mixers = await Promise.all([startFreeSwitch(), startFreeSwitch()]);
      gateway = await startTestGateway([
        ...['--mixing.engine', 'freeswitch', '--freeswitch.secret', mixers[0].secret],
        ...['--freeswitch.host', mixers.map(({ host, port }) => `${host}:${port}`).join(',')],
      ]);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
      await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
    });
    afterAll(async () => {
      await gateway.close();
      await Promise.all(mixers.map((one) => one.close()));
    });

    async function caller(user: string): Promise<Caller> {
      const one = await Caller.open(gateway.sipPort, user);
      open.push(one);
      return one;
    }

    /** Anna speaks, and Bob hears her; `db`: how loud. */
    async function talking(meeting: string): Promise<{ anna: Caller; bob: Caller; db: () => number }> {
      const { pins } = await gateway.meeting(meeting);
      const [anna, bob] = [await caller('4930111'), await caller('4930222')];
      for (const one of [anna, bob]) {
        await one.dial('1000');
        one.type(`${pins.guest}#`);
      }
      anna.phone.speak((from) => tone(440, 8000, 160, from));
      const db = (): number => toneDb(bob.phone.heard(400), 440);
      await until('Bob hears Anna', () => db() > -25, 15_000);
      return { anna, bob, db };
    }

    async function person(room: string): Promise<RtcParticipant> {
      const { url, token } = await passFor(gateway.httpUrl, room, 'Ada');
      const one = await RtcParticipant.join(url, token);
      open.push(one);
      return one;
    }

    interface Server {
      readonly name: string;
      readonly state: string;
      readonly rooms: number;
      readonly endpoints: number;
    }

    async function servers(): Promise<Server[]> {
      return ((await gateway.api('/mixing/servers')).body as { servers: Server[] }).servers;
    }

    it('two callers and a person in a browser hear each other, nobody themselves, and nothing is left', async () => {
      const { pins } = await gateway.meeting('fs-talk');
      const ada = await person('fs-talk');
      await ada.publishTone(600);
      const [anna, bob] = [await caller('4930111'), await caller('4930222')];
      for (const one of [anna, bob]) {
        await one.dial('1000');
        await one.hears('welcome');
        one.type(`${pins.guest}#`);
      }
      await ada.until('both are in the room', () =>
        ['sip_4930111', 'sip_4930222'].every((id) => ada.other(id) !== undefined),
      );
      anna.phone.speak((from) => tone(440, 8000, 160, from));
      bob.phone.speak((from) => tone(900, 8000, 160, from));
      const hears = (one: Caller, hz: number): Promise<unknown> =>
        until(`a caller hears ${hz} Hz`, () => toneDb(one.phone.heard(400), hz) > -25, 15_000);
      for (const one of [anna, bob]) await hears(one, 600);
      await hears(anna, 900);
      await hears(bob, 440);
      expect(toneDb(anna.phone.heard(400), 440)).toBeLessThan(-45);
      expect(toneDb(bob.phone.heard(400), 900)).toBeLessThan(-45);
      const heard = await ada.record('sip_4930111', 3000);
      expect(toneDbMostly(heard.subarray(48_000), 440, 48_000)).toBeGreaterThan(-16);
      // One room is on one FreeSWITCH.
      expect((await servers()).map(({ rooms }) => rooms).sort()).toEqual([0, 1]);
      await Promise.all([anna.hangUp(), bob.hangUp(), ada.close()]);
      await until(
        'nothing is left',
        async () => (await servers()).every(({ endpoints }) => endpoints === 0),
        15_000,
      );
    });

    it('a device that speaks G.722 only is heard in the browser, and a key stops a prompt', async () => {
      const { pins } = await gateway.meeting('fs-wide');
      const ada = await person('fs-wide');
      await ada.publishTone(600);
      const ua = await SipUa.open({ serverPort: gateway.sipPort, user: '4930333' });
      const eve = await CodecPhone.open('G722');
      open.push({
        close: () => {
          eve.close();
          return ua.close();
        },
      });
      const { rtpPort, rtcpPort } = eve.phone.remote;
      const call = ua.invite('sip:1000@127.0.0.1', {
        body: [
          ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
          ...[
            `m=audio ${rtpPort} RTP/AVP 9 101`,
            'a=rtpmap:101 telephone-event/8000',
            `a=rtcp:${rtcpPort}`,
            '',
          ],
        ].join('\r\n'),
      });
      const { body } = await call.connect();
      const port = Number(/m=audio (\d+)/.exec(body)?.[1]);
      eve.phone.dial({ address: '127.0.0.1', rtpPort: port, rtcpPort: port + 1 });
      const loudness = (): number =>
        levelDb(
          decodePayloads(
            'G722',
            eve.phone.packets.slice(-25).map(({ payload }) => payload),
          ),
        );
      await until('the prompt plays', () => loudness() > -40);
      eve.phone.press(pins.guest[0]);
      await until('the key stopped it', () => loudness() < -55);
      for (const key of `${pins.guest.slice(1)}#`) eve.phone.press(key);
      await ada.until('Eve is in the room', () => ada.other('sip_4930333') !== undefined);
      eve.speak(1000);
      await until('Eve hears Ada', () => eve.db(600) > -25, 15_000);
      const heard = await ada.record('sip_4930333', 4000);
      expect(toneDb(heard.subarray(96_000), 1000, 48_000)).toBeGreaterThan(-25);
      await call.request('BYE');
      await ada.close();
    });

    it('muted by an admin, a caller is heard by nobody', async () => {
      const { anna, bob, db } = await talking('fs-mute');
      const call = (await gateway.calls()).find(({ participant }) => participant === 'sip_4930111');
      await gateway.api(`/calls/${call?.id ?? ''}/mute`, { method: 'POST', body: { muted: true } });
      await until('Bob hears her no more', () => db() < -45);
      await gateway.api(`/calls/${call?.id ?? ''}/mute`, { method: 'POST', body: { muted: false } });
      await until('Bob hears her again', () => db() > -25);
      await Promise.all([anna.hangUp(), bob.hangUp()]);
    });

    it('callers keep their calls when one FreeSWITCH dies, and are told when the last one does', async () => {
      const { anna, bob } = await talking('fs-dies');
      const at = (await servers()).findIndex(({ rooms }) => rooms === 1);
      mixers[at].kill('SIGKILL');
      const sinceMs = performance.now() + 200;
      const dbSince = (): number => toneDb(bob.phone.heard(400, sinceMs), 440);
      await until('Bob hears her by the other one', () => dbSince() > -25, 5000);
      expect(await gateway.calls()).toHaveLength(2);
      for (const one of mixers) one.kill('SIGKILL');
      expect(await anna.hungUp(20_000)).toMatch(/media node/);
      await until('both calls are over', async () => (await gateway.calls()).length === 0);
      const late = await caller('4930444');
      await late.invite('1000').response(503);
      const ready = await fetch(`${gateway.httpUrl}/readyz`);
      expect(ready.status).toBe(503);
    });
  },
  { elective: true },
);
