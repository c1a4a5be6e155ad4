import type { EndpointSpec, EndpointState } from '../../mcu/control/mixer-protocol.ts';
import type { LayoutName, RoomShown } from '../../mcu/ports/pictures.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { canvasFor, groupOf, largestOf, seesRoom } from './canvas-size.ts';
import type { CanvasSize } from './canvas-size.ts';
import type { Draw } from './drawings.ts';
import type { Drawing } from './drawing/protocol.ts';
import { gridLayout, isWhole, layoutFor, screenPlace } from './layouts.ts';
import { areFew } from './personal.ts';
import { Still, screenDrawing } from './still.ts';
import type { Api, Command } from './still.ts';
import { TileMarks } from './tile-marks.ts';
import type { Marked } from './tile-marks.ts';

/** An endpoint of a room. */
export interface InRoom {
  readonly spec: EndpointSpec;
  readonly state: EndpointState;
}

/** A member of the room's conference. */
export interface OnCanvas {
  readonly conference: string;
  readonly member: number;
  /** Of its channel. */
  readonly uuid: string;
  /** Whether its camera or screen is on the canvas. */
  shows: boolean;
}

interface Placed extends InRoom {
  readonly seat: OnCanvas;
}

export interface RoomCanvasOptions {
  readonly draw: Draw;
  readonly log: Log;
}

/** What of a conference's canvas FreeSWITCH has been told. */
interface Told {
  layout: string | null;
  personal: boolean;
  /** Member in the place for a shared screen. */
  presenter: number | null;
  readonly marks: TileMarks;
  readonly groups: Set<string>;
}

/**
 * The picture of a room on FreeSWITCH: which canvas it has, and how people stand on it. There is one for all who look,
 * so that of their wishes the last one counts. Sound alone needs none: a room gets its canvas with the first who looks,
 * another one with the first who takes more, and keeps it while anybody is there.
 */
export class RoomCanvas {
  readonly #options: RoomCanvasOptions;
  readonly #still: Still;
  readonly #inRoom = new Set<InRoom>();
  readonly #members = new Map<InRoom, { readonly seat: OnCanvas; readonly api: Api }>();
  #shown: RoomShown = { people: [], speakers: [] };
  #size: CanvasSize | null = null;
  #layout: LayoutName = 'auto';
  readonly #wishes = new Map<InRoom, LayoutName>();
  #told: Told;
  #conference: string | null = null;
  #following = false;
  #changed = false;
  #warned = false;

  constructor(options: RoomCanvasOptions) {
    this.#options = options;
    this.#still = new Still(options.draw);
    this.#told = newTold(options.draw);
  }

  /** Null: nobody looks. */
  get size(): CanvasSize | null {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#inRoom.size === 0;
  }

  /** Whether somebody is to be on the canvas: a camera that is off would stand still. */
  shows({ spec, state }: InRoom): boolean {
    if (!spec.video?.sends) return false;
    if (!state.shows || spec.video.kind === 'screen') return state.shows;
    return !this.#shown.people.some(({ identity, cameraOff }) => identity === state.identity && cameraOff);
  }

  /** Everybody who is in the room, again with each change. True: all need a larger canvas, and so another conference. */
  want(endpoint: InRoom): boolean {
    this.#inRoom.add(endpoint);
    this.#wish(endpoint);
    this.#follow();
    return this.#grows();
  }

  /** As `want`. */
  leave(endpoint: InRoom): boolean {
    this.#inRoom.delete(endpoint);
    this.#wishes.delete(endpoint);
    this.#members.delete(endpoint);
    this.#follow();
    return this.#grows();
  }

  /** The endpoint is a member of the room's conference now. */
  placed(endpoint: InRoom, seat: OnCanvas, api: Api): void {
    this.#members.set(endpoint, { seat, api });
    this.#follow();
  }

  /** As `want`. */
  show(shown: RoomShown): boolean {
    this.#shown = shown;
    this.#follow();
    return this.#grows();
  }

  /**
   * It is as large as the largest device takes, and never gets smaller: a move is heard. Those who have canvases of their
   * own, or soon may, keep what all of them take, as FreeSWITCH scales none of these.
   */
  #grows(): boolean {
    const present = this.#size;
    const viewers = [...this.#inRoom].filter(({ spec, state }) => seesRoom(spec, state));
    const largest = largestOf(viewers.map(({ spec }) => canvasFor(spec)));
    if (!largest || largest.height <= (present?.height ?? 0)) return false;
    const { screens, cameras, layout } = this.#stage([...this.#inRoom].filter((one) => this.shows(one)));
    const isPersonal = screens.length === 0 && layout === gridLayout;
    if (present && isPersonal && areFew(viewers, cameras <= 2, present)) return false;
    this.#size = largest;
    return true;
  }

  /** What is on the canvas, and how. */
  #stage<One extends InRoom>(shown: readonly One[]) {
    const screens = shown.filter(({ spec }) => spec.video?.kind === 'screen');
    const cameras = shown.length - screens.length;
    return { screens, cameras, layout: layoutFor(this.#layout, { cameras, screens: screens.length }) };
  }

  #wish(endpoint: InRoom): void {
    const { look } = endpoint.state;
    if (!look || look.layout === this.#wishes.get(endpoint)) return;
    const isNew = !this.#wishes.has(endpoint);
    this.#wishes.set(endpoint, look.layout);
    // Who comes and wants nothing special changes nothing for the others.
    if (!isNew || look.layout !== 'auto') this.#layout = look.layout;
  }

  /** One step after the other; what changes meanwhile is a next one. */
  #follow(): void {
    this.#changed = true;
    if (this.#following) return;
    this.#following = true;
    void this.#steps()
      // FreeSWITCH is gone, and its endpoints are made anew.
      .catch((error: unknown) => this.#warn(messageOf(error)))
      .finally(() => (this.#following = false));
  }

  async #steps(): Promise<void> {
    // What changes at once is one step.
    await Promise.resolve();
    while (this.#changed) {
      this.#changed = false;
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const current = [...this.#members.values()].at(-1);
    if (!current || !this.#size) {
      this.#forget();
      return;
    }
    const { api } = current;
    const { conference } = current.seat;
    if (conference !== this.#conference) this.#forget();
    this.#conference = conference;
    const placed = [...this.#members]
      .filter(([, { seat }]) => seat.conference === conference)
      .map(([{ spec, state }, { seat }]): Placed => ({ spec, state, seat }));
    // In one go: FreeSWITCH takes them in this order, whoever waits for each answer sees the room that much later.
    const answers: Promise<unknown>[] = [];
    const command: Command = (text, answered = () => undefined) => {
      const answer = api(`conference ${conference} ${text}`).then(answered);
      // Looked at below; until then it must not count as nobody's failure.
      answer.catch(() => undefined);
      answers.push(answer);
    };
    this.#tellGroups(placed, this.#size, command);
    for (const { uuid } of this.#tellCameras(placed, command))
      answers.push(api(`uuid_video_refresh ${uuid}`));
    this.#tellLayout(placed, this.#size, command);
    await Promise.all(answers);
    await this.#still.follow(conference, this.#alone(placed, this.#size), api);
    await this.#tellMarks(placed, this.#size, command);
    await Promise.all(answers);
  }

  #forget(): void {
    this.#conference = null;
    this.#told = newTold(this.#options.draw);
    this.#still.forget();
  }

  #tellGroups(placed: readonly Placed[], size: CanvasSize, command: Command): void {
    for (const { spec } of placed) {
      const group = groupOf(spec, size);
      if (!group || this.#told.groups.has(group.name)) continue;
      this.#told.groups.add(group.name);
      // For an encoder that is yet to be opened, and for one that is there.
      command(`setvar group-${group.name} ${group.scaled}`);
      command(`vid-bandwidth ${group.scaled} ${group.name} 1`);
    }
  }

  /** Those that are shown from now on: they were not decoded before, and FreeSWITCH asks for no key frame by itself. */
  #tellCameras(placed: readonly Placed[], command: Command): OnCanvas[] {
    const appear: OnCanvas[] = [];
    for (const { spec, state, seat } of placed) {
      const shows = this.shows({ spec, state });
      if (seat.shows === shows) continue;
      seat.shows = shows;
      command(`${shows ? 'unvmute' : 'vmute'} ${seat.member} quiet`);
      if (shows) appear.push(seat);
    }
    return appear;
  }

  #tellLayout(placed: readonly Placed[], size: CanvasSize, command: Command): void {
    const shown = placed.filter(({ seat }) => seat.shows);
    const { screens, cameras, layout } = this.#stage(shown);
    const presenter = screens.at(-1)?.seat.member ?? null;
    const viewers = placed.filter(({ spec, state }) => seesRoom(spec, state));
    const personal = presenter === null && layout === gridLayout && areFew(viewers, cameras === 2, size);
    const told = this.#told;
    if (told.personal !== personal) {
      told.personal = personal;
      told.layout = null;
      // The shared canvas has to know the group too: whoever comes later gets a canvas of that, or else none.
      if (personal) command(`vid-layout ${layout}`);
      command(`vid-personal ${personal ? 'on' : 'off'}`);
    }
    const reserved = hasScreenPlace(layout) ? presenter : null;
    if (told.presenter !== null && told.presenter !== reserved) command(`vid-res-id ${told.presenter} clear`);
    if (told.layout !== layout) {
      told.layout = layout;
      command(`vid-layout ${layout}`, (answer) => {
        // In personal mode it says -ERR for a group, and does it.
        if (answer.startsWith('-ERR') && !personal) this.#warn(`FreeSWITCH has no layout “${layout}”.`);
      });
    }
    if (reserved !== null && told.presenter !== reserved)
      command(`vid-res-id ${reserved} ${screenPlace} force`);
    told.presenter = reserved;
  }

  /** What who is alone in the room sees instead of an empty canvas, or of themselves. */
  #alone(placed: readonly Placed[], size: CanvasSize): Drawing | null {
    const { people } = this.#shown;
    const viewer = placed.find(({ spec, state }) => seesRoom(spec, state));
    const isAlone = people.length > 0 && people.every((one) => one.identity === viewer?.state.identity);
    if (!viewer || !isAlone || placed.some(({ spec }) => spec.video?.kind === 'screen')) return null;
    return screenDrawing(size, { title: viewer.state.look?.banner ?? '', lines: [], digits: null });
  }

  async #tellMarks(placed: readonly Placed[], size: CanvasSize, command: Command): Promise<void> {
    const { people, speakers } = this.#shown;
    const marked = placed.flatMap(({ spec, state, seat }): Marked[] => {
      const person = people.find(({ identity }) => identity === state.identity);
      return person && seat.shows && spec.video?.kind === 'camera' ? [{ member: seat.member, person }] : [];
    });
    const { marks, layout, personal } = this.#told;
    // Whoever has a canvas alone needs no frame to be told from others.
    const isAlone = personal || isWhole(layout ?? '', placed.filter(({ seat }) => seat.shows).length);
    marks.tellSpeakers(marked, isAlone ? [] : speakers, size, command);
    await marks.tellNames(marked, size, command, {
      personal,
      onUnread: () =>
        this.#warn(
          'FreeSWITCH can not read the pictures that the gateway draws; see freeswitch.pictureFolder.',
        ),
    });
  }

  #warn(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.log.warn({ reason }, 'picture of a room on FreeSWITCH is not as it should be');
  }
}

function newTold(draw: Draw): Told {
  const marks = new TileMarks(draw);
  return { layout: null, personal: false, presenter: null, marks, groups: new Set() };
}

function hasScreenPlace(layout: string): boolean {
  return layout === 'gateway-screen' || layout.startsWith('gateway-presentation');
}
