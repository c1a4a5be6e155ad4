import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CanvasShape } from '../../mcu/compositor/scene.ts';
import { missingForRoomSystem } from '../support/baresip-room-system.ts';
import type { RoomSystem, RoomSystemOptions } from '../support/baresip-room-system.ts';
import { missingForBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { mixesFreeSwitch, withFreeSwitch } from '../support/chosen-parts.ts';
import { expectedPicture, expectedPictures } from '../support/expected-picture.ts';
import type { ExpectedPerson } from '../support/expected-picture.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith, testUnless } from '../support/needs.ts';
import { isColour } from '../support/pixels.ts';
import type { Part, Rgb } from '../support/pixels.ts';
import { commandOf } from '../support/process-tree.ts';
import type { RoomPage } from '../support/room-browser.ts';
import { until } from '../support/until.ts';
import { likeness, VideoMeeting } from '../support/video-meeting.ts';

const clip = { width: 640, height: 360, fps: 15, seconds: 240 };
const cifClip = { width: 352, height: 288, fps: 15, seconds: 60 };
/** What the middle of the clip's colour bars is on the whole: cyan, green and magenta, some yellow and red. */
const clipsMiddle: Rgb = [85, 115, 113];
const hd: CanvasShape = { width: 1280, height: 720, pixelAspect: 1 };
const cif: CanvasShape = { width: 352, height: 288, pixelAspect: 12 / 11 };

const red: Rgb = [200, 30, 30];
const green: Rgb = [30, 150, 40];
const blue: Rgb = [40, 60, 190];
const yellow: Rgb = [220, 200, 40];

// Nobody has a microphone at first.
const ada = { name: 'Ada Lovelace', colour: red, muted: true };
const grace = { name: 'Grace Hopper', colour: green, muted: true };

/** Where two have their names. */
const twoNames: readonly Part[] = [0.015, 0.51].map((x) => ({ x, y: 0.66, width: 0.21, height: 0.065 }));
/** A person's pace: baresip sends one key at a time. */
const keyMs = 150;

describeWith(
  [missingForGateway(), missingForRoomSystem(), missingForBrowser()],
  'a room system dials a room',
  () => {
    let meeting: VideoMeeting;

    beforeAll(async () => {
      // Whoever mixes: a room system does not look at itself.
      meeting = await VideoMeeting.start(['--video.ownPicture', 'left-out']);
    });
    afterAll(() => meeting.close());

    describe('with two people', () => {
      let adasPage: RoomPage;
      let gracesPage: RoomPage;
      let system: RoomSystem;
      let dialledMs = 0;
      const both = expectedPictures({ people: [ada, grace] });
      const changed = expectedPictures({ people: [{ ...ada, colour: blue }, grace] });

      beforeAll(async () => {
        adasPage = await meeting.seenPerson('weekly', ada, 'vp8');
        gracesPage = await meeting.seenPerson('weekly', grace, 'h264');
        system = await meeting.roomSystem({ clip });
        dialledMs = performance.now();
        await meeting.dials(system, 'weekly');
      }, 90_000);
      afterAll(() => meeting.everybodyLeaves(), 60_000);

      it('sees them, each in their place and under their name', async () => {
        const seen = await meeting.sees('two people', system, both);
        console.log(`the room is seen ${Math.round(performance.now() - dialledMs)} ms after dialling`);
        const places = isColour(seen.colourAt(0.25, 0.5), red) ? [0.25, 0.75] : [0.75, 0.25];
        if (!mixesFreeSwitch()) expect(places[0]).toBe(0.25);
        expect(isColour(seen.colourAt(places[0], 0.5), red)).toBe(true);
        expect(isColour(seen.colourAt(places[1], 0.5), green)).toBe(true);
        // No coincidence: names exchanged would be noticed.
        const exchanged = expectedPictures({
          people: [
            { ...ada, name: grace.name },
            { ...grace, name: ada.name },
          ],
        });
        await meeting.sees('their names', system, both, { parts: twoNames, not: exchanged });
      });

      it('sees at once what changes', async () => {
        await adasPage.paint('camera', blue);
        const sinceMs = performance.now();
        await meeting.sees('another colour', system, changed);
        console.log(`a change is seen after ${Math.round(performance.now() - sinceMs)} ms`);
        await adasPage.paint('camera', red);
        await meeting.sees('the first colour again', system, both);
      });

      it('is seen as it is, by who comes later too', async () => {
        const first = await meeting.seesCamera(adasPage, 15);
        expect(first).toMatchObject({ mimeType: 'video/H264', told: { width: 640, height: 360 } });
        const seen = await meeting.seesCamera(adasPage, first.frames + 15);
        expect([seen.width, seen.height]).toEqual([640, 360]);
        expect(isColour(seen.colour, clipsMiddle)).toBe(true);
        const [call] = await meeting.gateway.calls();
        expect(call.media?.video).toMatchObject({
          received: { codec: 'H264', width: 640, height: 360 },
          sent: { profile: { codec: 'H264', width: 1280, height: 720 } },
          published: { codec: 'H264', transcoded: false },
        });

        const cleosPage = await meeting.person('weekly', 'Cleo');
        const sinceMs = performance.now();
        await meeting.seesCamera(cleosPage);
        console.log(`a late joiner sees the camera after ${Math.round(performance.now() - sinceMs)} ms`);
        const cleo = { name: 'Cleo', muted: true };
        const three = expectedPictures({ people: [ada, grace, ...seenWithoutCamera(cleo)] });
        await meeting.sees('who has no camera', system, three);
        await cleosPage.close();
      });

      it('sees a shared screen big, and the people again when it is over', async () => {
        await adasPage.publishPlain({
          ...{ colour: yellow, width: 1280, height: 720 },
          ...{ source: 'screen_share', codec: 'vp8' },
        });
        const sharing = expectedPictures({ people: [ada, grace], shared: yellow, sharer: ada.name });
        await meeting.sees('a shared screen', system, sharing);
        await adasPage.unpublishPlain('screen_share');
        await meeting.sees('two people after a screen', system, both);
      });

      it('sees who is muted, and whose camera is off', async () => {
        const heard = expectedPictures({ people: [{ ...ada, muted: false }, grace] });
        await adasPage.setMicrophone(true);
        await meeting.sees('that Ada can be heard', system, heard, { parts: twoNames, not: both });
        await adasPage.setMicrophone(false);
        await meeting.sees('that Ada is muted', system, both, { parts: twoNames, not: heard });
        await gracesPage.setCamera(false);
        const hidden = expectedPictures({
          people: [ada, ...seenWithoutCamera({ ...grace, colour: undefined })],
        });
        await meeting.sees('an avatar', system, hidden);
        await gracesPage.setCamera(true);
        await meeting.sees('two people again', system, both);
      });

      const noAvatars = withFreeSwitch('FreeSWITCH’s canvas has no tile for who has no camera');
      testUnless(noAvatars)('sees who only telephones as an avatar', async () => {
        const phone = meeting.welcome(await Caller.open(meeting.sipPort, '4930111222'));
        await phone.dial('weekly');
        const caller = { name: 'Phone 4930111222', identity: 'sip_4930111222' };
        await meeting.sees('a telephone', system, expectedPictures({ people: [ada, grace, caller] }));
        await phone.hangUp();
        await meeting.sees('two people after a telephone', system, both);
      });

      const noProcess = withFreeSwitch('FreeSWITCH’s death is in freeswitch-room-system.test.ts');
      testUnless(noProcess)(
        'sees the room again when the picture process was killed, and is seen all the while',
        async () => {
          const { gateway } = meeting;
          const [before] = await gateway.calls();
          // The younger one stands by.
          const [atWork] = gateway.processes().filter((pid) => commandOf(pid).includes('/pictures/'));
          process.kill(atWork, 'SIGKILL');
          const sinceMs = performance.now();
          await adasPage.paint('camera', blue);
          await meeting.sees('what came after a crash', system, changed);
          console.log(`the picture is back after ${Math.round(performance.now() - sinceMs)} ms`);
          const [after] = await gateway.calls();
          expect([after.id, after.state]).toEqual([before.id, 'in-room']);
          const { frames } = await meeting.seesCamera(adasPage);
          await meeting.seesCamera(adasPage, frames + 15);
          await adasPage.paint('camera', red);
          await meeting.sees('two people after a crash', system, both);
        },
      );

      it('sees who is left when somebody goes, and no black picture before', async () => {
        await gracesPage.close();
        const alone = expectedPicture({ people: [ada] });
        await until(
          'the room system sees Ada alone',
          async () => {
            const shot = await system.look();
            // Hers in both layouts.
            expect([0.25, 0.75].some((x) => isColour(shot.colourAt(x, 0.5), red))).toBe(true);
            return shot.differenceTo(alone) < likeness;
          },
          20_000,
        );
      });
    });

    describe('with one person', () => {
      afterEach(() => meeting.everybodyLeaves(), 60_000);

      it.each<[string, RoomSystemOptions, CanvasShape, object]>([
        [
          'H.264 in single NAL units',
          { clip, account: ';video_codecs=h264' },
          hd,
          { codec: 'H264', transcoded: false },
        ],
        ['VP8', { clip, codec: 'VP8' }, hd, { codec: 'VP8', transcoded: false }],
        ['H.263', { clip: cifClip, codec: 'H263' }, cif, { codec: 'H264', transcoded: true }],
      ])('sees and is seen with nothing but %s', async (codec, options, canvas, published) => {
        const page = await meeting.seenPerson('small', ada, 'vp8');
        const system = await meeting.roomSystem(options);
        await meeting.dials(system, 'small');
        if (mixesFreeSwitch() && codec === 'H.263') {
          // A smaller picture of a canvas that is its own there is none, and no camera is transcoded for browsers.
          await meeting.looks('Ada by H.263', system, (shot) =>
            [0.25, 0.75].some((x) => isColour(shot.colourAt(x, 0.5), red)),
          );
          return;
        }
        await meeting.sees(`Ada by ${codec}`, system, expectedPictures({ canvas, people: [ada] }));
        const { frames } = await meeting.seesCamera(page, 5);
        const seen = await meeting.seesCamera(page, frames + 10);
        expect([seen.width, seen.height]).toEqual([options.clip.width, options.clip.height]);
        expect(isColour(seen.colour, clipsMiddle)).toBe(true);
        expect((await meeting.gateway.calls())[0].media?.video?.published).toEqual(published);
      });

      it.each<[string, Omit<RoomSystemOptions, 'clip'>]>([
        ['SRTP', { account: ';mediaenc=srtp-mand' }],
        [
          'DTLS-SRTP and ICE on one port',
          {
            account: ';mediaenc=dtls_srtp;medianat=ice',
            settings: ['module dtls_srtp.so', 'module ice.so', 'rtcp_mux yes'],
          },
        ],
      ])('sees and is seen by %s when it asks for that', async (way, options) => {
        const page = await meeting.seenPerson('secret', ada, 'vp8');
        const system = await meeting.roomSystem({ clip, ...options });
        await meeting.dials(system, 'secret');
        await meeting.sees(`Ada by ${way}`, system, expectedPictures({ people: [ada] }));
        await meeting.seesCamera(page, 5);
        const [call] = await meeting.gateway.calls();
        expect(call.media?.video?.encryption).toContain('AES');
      });

      it('sees a screen that asks for a PIN, dots for what it types, and is let in', async () => {
        const { pins } = await meeting.gateway.meeting('board');
        await meeting.seenPerson('board', ada, 'vp8');
        const system = await meeting.roomSystem({ clip });
        await meeting.dials(system, '1000');
        const pinScreens = [0, 1, 2, 3, 4].map((digits) =>
          expectedPicture({ screen: { title: 'Please enter your PIN', lines: ['Then press #.'], digits } }),
        );
        const seesDigits = (digits: number) =>
          meeting.sees(`a PIN screen with ${digits} dots`, system, [pinScreens[digits]], {
            not: pinScreens.toSpliced(digits, 1),
          });
        const press = async (keys: string): Promise<void> => {
          for (const key of keys) {
            system.baresip.press(key);
            await pause(keyMs);
          }
        };
        await seesDigits(0);
        await press(pins.guest.slice(0, 3));
        await seesDigits(3);
        await press(`${pins.guest.slice(3)}#`);
        await meeting.sees('the meeting', system, expectedPictures({ people: [ada] }));
      });
    });
  },
);

/** People without a camera have a tile of their own, unless FreeSWITCH composes. */
function seenWithoutCamera(person: ExpectedPerson): ExpectedPerson[] {
  return mixesFreeSwitch() ? [] : [person];
}
