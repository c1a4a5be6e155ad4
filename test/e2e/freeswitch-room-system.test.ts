import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missingForRoomSystem } from '../support/baresip-room-system.ts';
import type { RoomSystem } from '../support/baresip-room-system.ts';
import { missingForBrowser } from '../support/browser.ts';
import { expectedPicture } from '../support/expected-picture.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { isColour } from '../support/pixels.ts';
import type { Pixels, Rgb } from '../support/pixels.ts';
import type { RoomPage } from '../support/room-browser.ts';
import { VideoMeeting } from '../support/video-meeting.ts';

const clip = { width: 640, height: 360, fps: 15, seconds: 240 };
const red: Rgb = [200, 30, 30];
const green: Rgb = [30, 150, 40];
const blue: Rgb = [40, 60, 190];
const yellow: Rgb = [220, 200, 40];
const keyMs = 150;
/** Colours pass FreeSWITCH's own way to make RGB into YUV. */
const likeness = 12;

describeWith(
  [missingForGateway(), missingForRoomSystem(), missingForBrowser(), missingForFreeSwitch()],
  'a room system in a room that FreeSWITCH composes',
  () => {
    let mixer: TestFreeSwitch;
    let meeting: VideoMeeting;
    let ada: RoomPage;
    let system: RoomSystem;

    beforeAll(async () => {
      mixer = await startFreeSwitch();
      meeting = await VideoMeeting.start([
        ...['--mixing.engine', 'freeswitch', '--freeswitch.secret', mixer.secret],
        ...['--freeswitch.host', `${mixer.host}:${mixer.port}`],
      ]);
    }, 90_000);
    afterAll(async () => {
      await meeting.everybodyLeaves();
      await meeting.close();
      await mixer.close();
    }, 60_000);

    it('sees a screen that asks for a PIN, dots for what it types, and then the other camera alone', async () => {
      const { pins } = await meeting.gateway.meeting('board');
      ada = await meeting.seenPerson('board', { name: 'Ada Lovelace', colour: red }, 'vp8');
      system = await meeting.roomSystem({ clip });
      await meeting.dials(system, '1000');
      const pinScreens = [0, 1, 2, 3, 4].map((digits) =>
        expectedPicture({ screen: { title: 'Please enter your PIN', lines: ['Then press #.'], digits } }),
      );
      const seesDigits = (digits: number): Promise<Pixels> =>
        meeting.looks(`FreeSWITCH’s PIN screen with ${digits} dots`, system, (shot) => {
          const differences = pinScreens.map((one) => shot.differenceTo(one));
          return differences[digits] < likeness && differences[digits] === Math.min(...differences);
        });
      await seesDigits(0);
      await press(pins.guest.slice(0, 3));
      await seesDigits(3);
      await press(`${pins.guest.slice(3)}#`);
      await meeting.looks('the other camera alone', system, (shot) =>
        [0.05, 0.5, 0.95].every((x) => isColour(shot.colourAt(x, 0.3), red)),
      );
    });

    it('is seen as it is, and sees who comes late, with their names', async () => {
      const seen = await meeting.seesCamera(ada, 15);
      expect(seen).toMatchObject({ mimeType: 'video/H264', told: { width: 640, height: 360 } });
      await meeting.seenPerson('board', { name: '山田 太郎', colour: green }, 'h264');
      await meeting.looks(
        'three',
        system,
        (shot) => has(shot, red) && has(shot, green) && !isColour(shot.colourAt(0.5, 0.3), red),
      );
      await meeting.looks('their names', system, (shot) => hasName(shot, red) && hasName(shot, green));
    });

    it('sees a shared screen big, the speaker big when it chooses so, and nothing of who has left', async () => {
      const sharing = {
        colour: yellow,
        width: 1280,
        height: 720,
        source: 'screen_share',
        codec: 'vp8',
      } as const;
      await ada.publishPlain(sharing);
      await meeting.looks('a shared screen big', system, (shot) =>
        [0.1, 0.4, 0.7].every((x) => isColour(shot.colourAt(x, 0.5), yellow)),
      );
      await ada.unpublishPlain('screen_share');
      await meeting.looks(
        'people after a screen',
        system,
        (shot) => !has(shot, yellow) && has(shot, red) && has(shot, green),
      );
      // All alike, as before; then the speaker big.
      await press('*8*8');
      await meeting.looks('a speaker big', system, hasBigAndSmall);
      await ada.paint('camera', blue);
      await meeting.looks('another colour', system, (shot) => has(shot, blue) && !has(shot, red));
      await ada.close();
      await meeting.looks('who is left', system, (shot) => !has(shot, blue) && has(shot, green));
    });

    async function press(keys: string): Promise<void> {
      for (const key of keys) {
        system.baresip.press(key);
        await pause(keyMs);
      }
    }
  },
  { elective: true },
);

function has(shot: Pixels, colour: Rgb): boolean {
  return placesOf(shot, colour).length > 0;
}

function placesOf(shot: Pixels, colour: Rgb): [number, number][] {
  const places: [number, number][] = [];
  for (let y = 0.04; y < 1; y += 0.04)
    for (let x = 0.04; x < 1; x += 0.04) if (isColour(shot.colourAt(x, y), colour)) places.push([x, y]);
  return places;
}

/** One fills the upper part from a sixth to five sixths of its width, and others are below. */
function hasBigAndSmall(shot: Pixels): boolean {
  const big = [0.2, 0.8].map((x) => shot.colourAt(x, 0.5));
  const below = [0.42, 0.58].map((x) => shot.colourAt(x, 0.85));
  return [...big, ...below].every((colour) => Math.max(...colour) > 60);
}

/** Something that is not their camera in the lower left corner of their tile: their name on its dark ground. */
function hasName(shot: Pixels, colour: Rgb): boolean {
  const places = placesOf(shot, colour);
  const left = Math.min(...places.map(([x]) => x));
  const bottom = Math.max(...places.map(([, y]) => y));
  return (
    Math.max(...shot.colourAt(left + 0.02, bottom - 0.01)) < 90 ||
    Math.max(...shot.colourAt(left + 0.02, bottom)) < 90
  );
}
