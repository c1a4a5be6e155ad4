/** A gateway as `npm start` has it, people in Chromium and baresip as a room system, for end-to-end tests of video. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RoomSystem } from './baresip-room-system.ts';
import type { RoomSystemOptions } from './baresip-room-system.ts';
import type { Part, Pixels, Rgb } from './pixels.ts';
import { openRoomBrowser } from './room-browser.ts';
import type { PlainWishes, RoomBrowser, RoomPage, SeenPicture } from './room-browser.ts';
import { callsPort, chosenParts, mixesFreeSwitch } from './chosen-parts.ts';
import { freePlace, StartedGateway } from './started-gateway.ts';
import type { Place } from './started-gateway.ts';
import { until } from './until.ts';
import { passFor } from './room-door.ts';

const plan = `version: 1
tenant: default
rules:
  - name: meetings
    match: { called: 1000 }
    action: ask-pin
  - name: rooms
    match: { called: { regex: "(?P<room>[a-z]+)" } }
    action: { join: { room: "\${room}" } }
`;

const roomSystemNumber = '493023125002';
/** As much as coding, and another way to scale, make of a picture; FreeSWITCH has its own way from RGB to YUV too. */
export const likeness = mixesFreeSwitch() ? 12 : 6;
/** By so many pixels tiles may lie elsewhere: FreeSWITCH's lie on a grid of 360. */
const placing = mixesFreeSwitch() ? 4 : 0;

const kept = join(import.meta.dirname, '../../report/room-system');

/** For whoever wants to look too. */
function keep(name: string, shot: Pixels): void {
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, `${name}.png`), shot.toPng());
}

interface Parts {
  readonly scratch: string;
  readonly place: Place;
  readonly gateway: StartedGateway;
  readonly browser: RoomBrowser;
}

export class VideoMeeting {
  readonly gateway: StartedGateway;
  readonly sipPort: number;
  readonly #parts: Parts;
  readonly #guests: { close(): Promise<unknown> }[] = [];

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.gateway = parts.gateway;
    this.sipPort = callsPort(parts.place.sip);
  }

  /** 1000 asks for a PIN; every room can be dialled by its name. `options`: of the gateway's command line. */
  static async start(options: readonly string[] = []): Promise<VideoMeeting> {
    const scratch = mkdtempSync(join(tmpdir(), 'video-meeting-'));
    writeFileSync(join(scratch, 'plan.yaml'), plan);
    const place = await freePlace();
    const gateway = new StartedGateway(place, ['--dialPlans.folder', scratch, ...options], chosenParts());
    const [browser] = await Promise.all([openRoomBrowser(), gateway.up()]);
    return new VideoMeeting({ scratch, place, gateway, browser });
  }

  async close(): Promise<void> {
    const { browser, gateway, place, scratch } = this.#parts;
    await browser.close();
    await gateway.close();
    place.remove();
    rmSync(scratch, { recursive: true, force: true });
  }

  /** Ends whatever takes part; the gateway stays for the next test. */
  async everybodyLeaves(): Promise<void> {
    await Promise.all(this.#guests.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await this.gateway.calls()).length === 0, 30_000);
  }

  /** Takes part until everybody leaves. */
  welcome<T extends { close(): Promise<unknown> }>(guest: T): T {
    this.#guests.push(guest);
    return guest;
  }

  /** In a browser, as the room page would let them in. */
  async person(room: string, name: string): Promise<RoomPage> {
    const { url, token } = await passFor(`http://127.0.0.1:${this.#parts.place.http}`, room, name);
    return this.welcome(await this.#parts.browser.join(url, token));
  }

  /** Somebody whose camera shows one colour. */
  async seenPerson(
    room: string,
    { name, colour }: { readonly name: string; readonly colour: Rgb },
    codec: PlainWishes['codec'],
  ): Promise<RoomPage> {
    const page = await this.person(room, name);
    await page.publishPlain({ colour, width: 640, height: 360, source: 'camera', codec });
    return page;
  }

  async roomSystem(options: RoomSystemOptions): Promise<RoomSystem> {
    const folder = mkdtempSync(join(this.#parts.scratch, 'baresip-'));
    return this.welcome(await RoomSystem.start(folder, roomSystemNumber, options));
  }

  async dials(system: RoomSystem, to: string): Promise<void> {
    system.baresip.dial(`sip:${to}@127.0.0.1:${this.sipPort}`);
    await until('the call is answered', async () => (await this.gateway.calls())[0]?.answeredAt, 20_000);
  }

  /**
   * Resolves with the first picture that is as one of those that it may be.
   * @param closer.parts What is looked at; default: all of it.
   * @param closer.not It has to be less like these.
   */
  async sees(
    what: string,
    system: RoomSystem,
    expected: readonly Pixels[],
    closer: { readonly parts?: readonly Part[]; readonly not?: readonly Pixels[] } = {},
  ): Promise<Pixels> {
    const { parts, not = [] } = closer;
    const difference = (shot: Pixels, one: Pixels): number =>
      parts === undefined
        ? shot.differenceTo(one)
        : Math.max(...parts.map((part) => shot.leastDifferenceTo(one, part, placing)));
    const isExpected = (shot: Pixels): boolean => {
      const least = Math.min(...expected.map((one) => difference(shot, one)));
      return least < likeness && not.every((other) => least < difference(shot, other));
    };
    return this.looks(what, system, isExpected);
  }

  /** Resolves with the first picture that is as wished. */
  async looks(what: string, system: RoomSystem, isWished: (shot: Pixels) => boolean): Promise<Pixels> {
    const seen: Pixels[] = [];
    try {
      await until(
        `the room system sees ${what}`,
        async () => isWished((seen[0] = await system.look(15_000))),
        25_000,
      );
      keep(what, seen[0]);
      return seen[0];
    } catch (error) {
      if (seen[0]) keep(`instead of ${what}`, seen[0]);
      throw error;
    }
  }

  /** Resolves when more than so many frames of the room system's camera are decoded in the browser. */
  seesCamera(page: RoomPage, after = 0): Promise<SeenPicture> {
    return until(
      'the browser sees the camera',
      async () => {
        const seen = await page.seen(`sip_${roomSystemNumber}`);
        return seen && seen.frames > after ? seen : null;
      },
      20_000,
    );
  }
}
