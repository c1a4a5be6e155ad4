import type { EndpointSpec, EndpointState } from '../../mcu/control/mixer-protocol.ts';
import type { RoomShown } from '../../mcu/ports/pictures.ts';
import type { Log } from '../ports.ts';
import { RoomCanvas } from './canvas.ts';
import type { InRoom, OnCanvas } from './canvas.ts';
import { canvasFor } from './canvas-size.ts';
import type { CanvasSize } from './canvas-size.ts';
import { conferenceName } from './conference.ts';
import type { Draw } from './drawings.ts';
import type { Api } from './still.ts';

/** Where somebody is to be. */
export interface Place {
  readonly conference: string;
  /** Of its canvas; null: sound only. */
  readonly size: CanvasSize | null;
  /** Nobody else is there. */
  readonly own: boolean;
}

export interface Guest extends InRoom {
  readonly id: string;
  /** Its place may be another now. */
  settle(): void;
}

export interface RoomsOptions {
  /** Its names are no others'. */
  readonly owner: readonly string[];
  readonly draw: Draw;
  readonly log: Log;
}

/**
 * Who is in which conference. A room is one, and another one from when it has a canvas, or a larger one: it can't be given
 * to a conference that is there. Who is to see a screen of their own sits alone, as FreeSWITCH's screens are for all.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #canvases = new Map<string, RoomCanvas>();
  readonly #guests = new Map<Guest, string>();
  readonly #shown = new Map<string, RoomShown>();

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** To be called at first and with each change of its state. */
  follow(guest: Guest): void {
    const room = entersRoom(guest.spec, guest.state) ? guest.state.room : null;
    if (this.#guests.get(guest) !== room) this.leave(guest);
    if (room === null) return;
    this.#guests.set(guest, room);
    if (this.#canvasOf(room).want(guest)) this.#move(room, guest);
  }

  /** Idempotent. */
  leave(guest: Guest): void {
    const room = this.#guests.get(guest);
    if (room === undefined) return;
    this.#guests.delete(guest);
    const canvas = this.#canvases.get(room);
    if (canvas?.leave(guest)) this.#move(room);
    if (!canvas?.isEmpty) return;
    this.#canvases.delete(room);
    this.#shown.delete(room);
  }

  placeOf(guest: Guest): Place {
    const room = this.#guests.get(guest);
    if (room !== undefined)
      return { conference: this.conferenceOf(room), size: this.#canvasOf(room).size, own: false };
    return { conference: conferenceName('seat', guest.id), size: canvasFor(guest.spec), own: true };
  }

  conferenceOf(room: string): string {
    const { owner } = this.#options;
    const size = this.#canvases.get(room)?.size;
    return conferenceName('room', ...owner, room, ...(size ? [size.name] : []));
  }

  /** Whether the guest is to be seen in its room from the first moment. */
  shows(guest: Guest): boolean {
    const room = this.#guests.get(guest);
    return room !== undefined && this.#canvasOf(room).shows(guest);
  }

  /** It is in the conference of its room. */
  seated(guest: Guest, seat: OnCanvas, api: Api): void {
    const room = this.#guests.get(guest);
    if (room !== undefined) this.#canvases.get(room)?.placed(guest, seat, api);
  }

  show(room: string, shown: RoomShown): void {
    if (shown.people.length === 0) this.#shown.delete(room);
    else this.#shown.set(room, shown);
    if (this.#canvases.get(room)?.show(shown)) this.#move(room);
  }

  /** To the conference that their room is now, but one who sees to it anyway. */
  #move(room: string, but?: Guest): void {
    for (const [guest, where] of this.#guests) if (where === room && guest !== but) guest.settle();
  }

  #canvasOf(room: string): RoomCanvas {
    const known = this.#canvases.get(room);
    if (known) return known;
    const { draw, log } = this.#options;
    const canvas = new RoomCanvas({ draw, log });
    const shown = this.#shown.get(room);
    if (shown) canvas.show(shown);
    this.#canvases.set(room, canvas);
    return canvas;
  }
}

/** Sound comes first: who hears the room stays there, unless a screen is to hide it. */
function entersRoom({ video }: EndpointSpec, { room, sees, hears, look }: EndpointState): boolean {
  if (room === null || !video?.gets) return room !== null;
  return !look?.screen && (sees || hears);
}
