/** A room system dials in after the telephone: it types its PIN on its screen, and sees and is seen. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CallView } from '../../gateway/ports.ts';
import { camera } from '../pictures/cameras.ts';
import { RoomSystem } from '../support/baresip-room-system.ts';
import { expectedPicture } from '../support/expected-picture.ts';
import type { TestGateway } from '../support/gateway.ts';
import type { Pixels } from '../support/pixels.ts';
import type { RtcParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';
import { KEY_MS, NUMBER, ROOM } from './call.ts';

/** For the room system: a number that Germany’s regulator keeps for films. */
const NUMBER_OF_ROOM_SYSTEM = '493023125002';
export const CLIP = { width: 640, height: 360, fps: 15, seconds: 90 };
/** What coding, and another way to scale, make of a picture; mean difference of a colour's parts. */
export const LIKENESS = 6;

export const askingScreen = expectedPicture({
  screen: { title: 'Please enter your PIN', lines: ['Then press #.'], digits: 0 },
});

export interface RoomSystemFacts {
  readonly pinScreen: Shot;
  readonly room: Shot;
  /** What Ada saw of it. */
  readonly seen: Pixels;
  readonly view: CallView;
  /** From the call to the first picture, from the last key to the room. */
  readonly firstPictureMs: number;
  readonly roomMs: number;
}

interface Shot {
  readonly picture: Pixels;
  /** Mean difference to what should be seen, 0–255. */
  readonly difference: number;
}

export function startRoomSystem(folder: string): Promise<RoomSystem> {
  return RoomSystem.start(folder, NUMBER_OF_ROOM_SYSTEM, { clip: CLIP });
}

/** Ada has her microphone on, Grace none. `say` tells a person how it goes on. */
export async function callFromRoomSystem(
  gateway: TestGateway,
  people: { readonly ada: RtcParticipant; readonly grace: RtcParticipant; readonly inOrder: boolean },
  system: RoomSystem,
  say: (line: string) => void,
): Promise<RoomSystemFacts> {
  const { ada, grace } = people;
  const both = [
    { name: 'Ada', picture: camera(0) },
    { name: 'Grace', picture: camera(1), muted: true },
  ];
  const orders = people.inOrder ? [both] : [both, [...both].reverse()];
  // Drawn before the clock runs, in the process that the gateway is in.
  const wanted = orders.map((shown) => expectedPicture({ people: shown }));
  await Promise.all([ada.publishPicture(camera(0)), grace.publishPicture(camera(1))]);
  const { pins } = await gateway.meeting(ROOM);
  const { baresip } = system;
  say(`a room system, baresip ${baresip.printOut.version} with a camera, dials ${NUMBER}`);
  const dialledMs = performance.now();
  baresip.dial(`sip:${NUMBER}@127.0.0.1:${gateway.sipPort}`);
  const pinScreen = await firstLike(system, askingScreen);
  const firstPictureMs = performance.now() - dialledMs;
  say('its screen asks for the PIN, and it types it');
  await typePin(system, pins.guest);
  const typedMs = performance.now();
  const room = await firstLike(system, ...wanted);
  const roomMs = performance.now() - typedMs;
  say('it sees Ada and Grace');
  const caller = () => ada.others().find((other) => other.sip);
  const seen = await ada.seen(caller()?.identity ?? '');
  say('Ada sees its camera');
  const view = await until('the call is known', async () => (await gateway.calls())[0]);
  baresip.hangUp();
  await ada.until('the room system is gone', () => caller() === undefined, 10_000);
  return { pinScreen, room, seen, view, firstPictureMs, roomMs };
}

/** Keys after one another, at a person's pace. */
export async function typePin({ baresip }: RoomSystem, pin: string): Promise<void> {
  for (const key of `${pin}#`) {
    baresip.press(key);
    await pause(KEY_MS);
  }
}

/** The first picture that is as one of those that it may be; when none comes, what came instead: the checks will say so. */
export async function firstLike(system: RoomSystem, ...expected: readonly Pixels[]): Promise<Shot> {
  let shot: Shot | undefined;
  await until(
    'the room system sees what it should',
    async () => {
      const picture = await system.look(10_000);
      shot = { picture, difference: Math.min(...expected.map((one) => picture.differenceTo(one))) };
      return shot.difference < LIKENESS;
    },
    15_000,
  ).catch((error: unknown) => {
    if (!shot) throw error;
  });
  if (!shot) throw new Error('the room system sees nothing');
  return shot;
}
