import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';

describeWith([missingForGateway(), missingForFreeSwitch()], 'FreeSWITCH mixes for callers', () => {
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

  async function person(room: string): Promise<RtcParticipant> {
    const response = await fetch(`${gateway.httpUrl}/api/v1/join/${room}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada' }),
    });
    const { url, token } = (await response.json()) as { url: string; token: string };
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
    expect(toneDb(heard.subarray(48_000), 440, 48_000)).toBeGreaterThan(-16);
    // One room is on one FreeSWITCH.
    expect((await servers()).map(({ rooms }) => rooms).sort()).toEqual([0, 1]);
    await Promise.all([anna.hangUp(), bob.hangUp(), ada.close()]);
    await until(
      'nothing is left',
      async () => (await servers()).every(({ endpoints }) => endpoints === 0),
      15_000,
    );
  });
});
