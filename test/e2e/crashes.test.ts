import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tone, toneDb, toneDbMostly } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { callsPort, chosenParts, withDrachtio, withFreeSwitch } from '../support/chosen-parts.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith, testUnless } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';
import { passFor } from '../support/room-door.ts';

/** Short, so that whoever lost their dialog is found soon. */
const silenceSeconds = 3;

describeWith([missingForGateway()], 'when a process of the running gateway is killed', () => {
  let place: Place;
  let gateway: StartedGateway;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    place = await freePlace();
    gateway = new StartedGateway(place, ['--media.silenceSeconds', String(silenceSeconds)], chosenParts());
    await gateway.up();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await gateway.close();
    place.remove();
  });

  async function caller(to: string, user?: string): Promise<Caller> {
    const one = await Caller.open(callsPort(place.sip), user);
    open.push(one);
    await one.dial(to);
    return one;
  }

  async function person(): Promise<RtcParticipant> {
    const { url, token } = await passFor(`http://127.0.0.1:${place.http}`, 'demo', 'Ada');
    const one = await RtcParticipant.join(url, token);
    open.push(one);
    return one;
  }

  /** The echo test from the first INVITE to the sound. */
  async function newCallsWork(): Promise<void> {
    const one = await caller('9196');
    one.phone.speak((from) => tone(350, 8000, 160, from));
    await until('the echo is heard', () => toneDb(one.phone.heard(400), 350) > -14, 25_000);
    await one.hangUp();
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
  }

  it('media node: calls go on after a short gap, the room sees no ghost, new calls work', async () => {
    const ada = await person();
    await ada.publishTone(600);
    const phone = await caller('demo');
    const leaver = await caller('demo', '4930111333');
    const identity = 'sip_4930111222';
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    const hearsAda = (sinceMs: number): boolean => toneDb(phone.phone.heard(400, sinceMs), 600) > -20;
    await until('the caller hears Ada', () => hearsAda(0), 25_000);
    await ada.until('both are in the room', () => ada.others().length === 2);

    for (const round of ['first', 'second']) {
      const { media } = await gateway.ready();
      kill(media[0].pid);
      const killedMs = performance.now();
      if (round === 'first') await leaver.hangUp();
      await until(`the caller hears Ada after the ${round} death`, () => hearsAda(killedMs + 15), 15_000);
      const back = phone.phone.packets.find(({ atMs }) => atMs > killedMs + 15);
      console.log(`media back after ${Math.round((back?.atMs ?? 0) - killedMs)} ms`);
      await until(
        'Ada hears the caller',
        async () => {
          const heard = await ada.record(identity, 500).catch(() => new Int16Array(24_000));
          return toneDb(heard.subarray(-12_000), 440, 48_000) > -20;
        },
        25_000,
      );
      await ada.until('who hung up is gone, and nobody is there twice', () => ada.others().length === 1);
      await gateway.untilReady('a new media node', (ready) => ready.media[0].pid !== media[0].pid);
    }
    expect((await gateway.calls()).map(({ state }) => state)).toEqual(['in-room']);
    await phone.hangUp();
    await ada.until('no ghost is in the room', () => ada.others().length === 0, 30_000);
    await newCallsWork();
  }, 120_000);

  const mixerOfItsOwn = withFreeSwitch('FreeSWITCH’s death is in freeswitch.test.ts');
  testUnless(mixerOfItsOwn)(
    'engine: the call goes on, and the room is heard again',
    async () => {
      const ada = await person();
      await ada.publishTone(600);
      const phone = await caller('demo');
      // The echo test would not notice: only what is mixed goes through the engine.
      const hearsAda = (sinceMs: number): boolean => toneDb(phone.phone.heard(400, sinceMs), 600) > -20;
      await until('the caller hears Ada', () => hearsAda(0), 25_000);
      const { media } = await gateway.ready();
      kill(media[0].engine.pid);
      const killedMs = performance.now();
      await gateway.untilReady('a new engine', (ready) => {
        const { pid, state } = ready.media[0].engine;
        return state === 'up' && pid !== null && pid !== media[0].engine.pid;
      });
      await until('the caller hears Ada again', () => hearsAda(killedMs + 15), 25_000);
      expect((await gateway.ready()).media[0].pid).toBe(media[0].pid);
      await phone.hangUp();
    },
    120_000,
  );

  const edgeOfItsOwn = withDrachtio('drachtio-server’s death is in dead-gateway.test.ts');
  testUnless(edgeOfItsOwn)(
    'SIP edge: who talks goes on talking; who falls silent then is let go',
    async () => {
      const ada = await person();
      const phone = await caller('demo');
      const identity = 'sip_4930111222';
      await ada.until('the caller is in the room', () => ada.other(identity) !== undefined);
      phone.phone.speak((from) => tone(440, 8000, 160, from));
      const { sip } = await gateway.ready();
      kill(sip.pid);
      await gateway.untilReady('a new SIP edge', (ready) => ready.sip.pid !== sip.pid);
      const heard = await ada.record(identity, 1500);
      expect(toneDbMostly(heard.subarray(-24_000), 440, 48_000)).toBeGreaterThan(-16);
      // The new edge knows nothing of the dialog; the device hangs up all the same.
      phone.call.send('BYE');
      phone.phone.hush();
      await ada.until('no ghost is in the room', () => ada.other(identity) === undefined, 30_000);
      await newCallsWork();
    },
    120_000,
  );

  it('LiveKit: the caller stays, and comes back', async () => {
    const phone = await caller('demo');
    await phone.hears('first-here', 'en', 20_000);
    const { rooms } = await gateway.ready();
    kill(rooms.pid);
    // Where it is back at once, nobody needs to be told (test/e2e/link-stress.test.ts shows the words).
    await gateway.untilReady('a new LiveKit', (ready) => ready.rooms.pid !== rooms.pid);
    const ada = await person();
    await ada.until('the caller is back', () => ada.other('sip_4930111222') !== undefined, 30_000);
    await ada.publishTone(600);
    await until('the caller hears Ada', () => toneDb(phone.phone.heard(500), 600) > -20, 25_000);
    await phone.hangUp();
  }, 120_000);
});

/** Never 0: that would be this process and all that it started. */
function kill(pid: number | null): void {
  if (pid === null) throw new Error('it is no process of the gateway');
  process.kill(pid, 'SIGKILL');
}
