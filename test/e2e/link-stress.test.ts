/** What happens to a caller when the room does: every wait is a short gap or comes with words, and every end too. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { callsPort, chosenParts } from '../support/chosen-parts.ts';
import { missingForGateway } from '../support/gateway.ts';
import { type LiveKit, needsOwnLiveKit, startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

const room = 'demo';
const identity = 'sip_4930111222';

for (const link of ['encoded', 'rtc-node'] as const) {
  describeWith(
    [missingForGateway()],
    `a caller in a room of a LiveKit that somebody else runs, by ${link} links`,
    () => {
      let place: Place;
      let livekit: LiveKit;
      let gateway: StartedGateway;
      let stopped = 0;
      const open: { close(): Promise<unknown> }[] = [];

      beforeAll(async () => {
        livekit = await startLiveKit();
        place = await freePlace();
        gateway = new StartedGateway(place, ['--media.link', link], {
          ...chosenParts(),
          LIVEKIT_URL: livekit.url,
          LIVEKIT_API_KEY: livekit.apiKey,
          LIVEKIT_API_SECRET: livekit.apiSecret,
        });
        await gateway.up();
      });
      afterEach(async () => {
        if (stopped !== 0) process.kill(stopped, 'SIGCONT');
        stopped = 0;
        await Promise.all(open.splice(0).map((one) => one.close()));
        await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
        // Whom a standing LiveKit lost it lists for 20 s: the next caller would not be alone.
        await livekit.rooms().deleteRoom(room);
      });
      afterAll(async () => {
        await gateway.close();
        await livekit.close();
        place.remove();
      });

      async function person(name = 'ada', hz = 600): Promise<RtcParticipant> {
        const one = await RtcParticipant.join(livekit.url, await livekit.token(name, room));
        open.push(one);
        await one.publishTone(hz);
        return one;
      }

      /** Speaks, and hears who is there. */
      async function caller(): Promise<Caller> {
        const one = await Caller.open(callsPort(place.sip));
        open.push(one);
        await one.dial(room);
        one.phone.speak((from) => tone(440, 8000, 160, from));
        await hears(one, 600);
        return one;
      }

      const hears = (one: Caller, hz: number, sinceMs = -Infinity): Promise<unknown> =>
        until(`the caller hears ${hz} Hz`, () => toneDb(one.phone.heard(400, sinceMs), hz) > -20, 30_000);

      const isHeardBy = (one: RtcParticipant): Promise<unknown> =>
        until(
          'the room hears the caller',
          async () => {
            const heard = await one.record(identity, 500).catch(() => new Int16Array(24_000));
            return toneDb(heard.subarray(-12_000), 440, 48_000) > -20;
          },
          30_000,
        );

      async function trackSid(): Promise<string> {
        const all = await livekit.rooms().listParticipants(room);
        return all.find((one) => one.identity === identity)?.tracks[0]?.sid ?? '';
      }

      it('hears that a host mutes it, and is heard again when the host lets it', async () => {
        const ada = await person();
        const phone = await caller();
        await isHeardBy(ada);
        await livekit.rooms().mutePublishedTrack(room, identity, await trackSid(), true);
        await phone.hears('muted-by-host', 'en', 15_000, 600);
        await ada.until('the room sees the mute', () => ada.other(identity)?.muted === true);
        phone.type('*6');
        await phone.hears('unmuted', 'en', 15_000, 600);
        await isHeardBy(ada);
        await phone.hangUp();
      }, 90_000);

      it('hears that a host removed it, then gets a BYE', async () => {
        await person();
        const phone = await caller();
        await livekit.rooms().removeParticipant(room, identity);
        await phone.hears('removed-by-host', 'en', 15_000, 600);
        await phone.hungUp();
      }, 90_000);

      it('hears that the meeting is over when the room is deleted, then gets a BYE', async () => {
        await person();
        const phone = await caller();
        await livekit.rooms().deleteRoom(room);
        await phone.hears('room-ended', 'en', 15_000);
        await phone.hungUp();
      }, 90_000);

      it('is let go with words when somebody else takes its identity', async () => {
        await person();
        const phone = await caller();
        const thief = await RtcParticipant.join(livekit.url, await livekit.token(identity, room));
        open.push(thief);
        await phone.hears('removed-by-host', 'en', 15_000, 600);
        await phone.hungUp();
        await until('the call is over', async () => (await gateway.calls()).length === 0, 15_000);
        // What is cleaned up is the call's, not whoever has its identity now.
        const present = await livekit.rooms().listParticipants(room);
        expect(present.map((one) => one.identity)).toContain(identity);
      }, 90_000);

      it('hears that the room is lost when LiveKit crashes, and comes back once it is started again', async ({
        skip,
      }) => {
        needsOwnLiveKit(livekit, skip);
        const before = await person();
        const phone = await caller();
        await before.close();
        await livekit.kill();
        await phone.hears('connection-lost', 'en', 40_000);
        await livekit.restart();
        // LiveKit's own client would take longer to come back than one who joins.
        const ada = await person();
        await hears(phone, 600, performance.now());
        await isHeardBy(ada);
        await phone.hangUp();
      }, 150_000);

      it('hears that the room is lost while LiveKit hangs, and comes back when it answers', async ({
        skip,
      }) => {
        needsOwnLiveKit(livekit, skip);
        await person();
        const phone = await caller();
        stopped = livekit.pid ?? 0;
        process.kill(stopped, 'SIGSTOP');
        await phone.hears('connection-lost', 'en', 40_000);
        process.kill(stopped, 'SIGCONT');
        stopped = 0;
        // LiveKit's own client may need long to come back from this, or never come: one who joins now is the judge, by a
        // tone of its own, as two of one frequency might cancel each other.
        const ben = await person('ben', 1000);
        await hears(phone, 1000, performance.now());
        await isHeardBy(ben);
        expect(ben.others().filter((one) => one.identity === identity)).toHaveLength(1);
        await phone.hangUp();
      }, 150_000);

      // Minutes long, and the same above the links.
      if (link === 'rtc-node') return;

      it('is told and let go when LiveKit does not answer for more than a minute', async ({ skip }) => {
        needsOwnLiveKit(livekit, skip);
        // Alone: LiveKit's own client would not come back from this either.
        const phone = await Caller.open(callsPort(place.sip));
        open.push(phone);
        await phone.dial(room);
        // A device that is silent for so long would be asked whether it lives.
        phone.phone.speak((from) => tone(440, 8000, 160, from));
        await phone.hears('first-here', 'en', 20_000);
        stopped = livekit.pid ?? 0;
        process.kill(stopped, 'SIGSTOP');
        await phone.hears('connection-lost', 'en', 40_000);
        // Never a dead line: music in between.
        await until('music is heard', () => phone.levelDb(1000) > -50, 20_000);
        // The state first: to search two minutes of sound would keep this process from taking its packets.
        await until(
          'the call is being ended',
          async () => (await gateway.calls()).some(({ state }) => state === 'leaving'),
          110_000,
        );
        await phone.hears('room-unavailable', 'en', 15_000);
        expect(await phone.hungUp(20_000)).toContain('Q.850');
        process.kill(stopped, 'SIGCONT');
        stopped = 0;
      }, 240_000);
    },
  );
}
