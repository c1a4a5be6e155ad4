import type { PersonShown, RoomShown } from '../../mcu/ports/pictures.ts';
import type { CanvasSize } from './canvas-size.ts';
import type { Draw } from './drawings.ts';
import { gridLayout, largerGrid } from './layouts.ts';
import type { Command } from './still.ts';

/** Somebody's camera on a canvas. */
export interface Marked {
  /** Of the conference. */
  readonly member: number;
  readonly person: PersonShown;
}

/** Of the canvas's height, as the embedded engine draws it. */
const frameShare = 1 / 180;

/** What is told of who on a tile: a name, and a frame around whoever speaks, whose colour the conference's profile has. */
export class TileMarks {
  readonly #draw: Draw;
  readonly #names = new Map<number, string | null>();
  readonly #framed = new Set<number>();

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /**
   * Resolves when all is drawn and told. `personal`: each has a canvas of their own; `onUnread`: FreeSWITCH can't read
   * what was drawn.
   */
  async tellNames(
    marked: readonly Marked[],
    { width, height }: CanvasSize,
    command: Command,
    { personal, onUnread }: { readonly personal: boolean; readonly onUnread: () => void },
  ): Promise<void> {
    const named = marked.map(async ({ member, person }) => {
      const { muted } = person;
      const name = person.name.trim() === '' ? person.identity : person.name;
      const file = await this.#draw({ kind: 'name', width, height, name, muted });
      if (this.#names.get(member) === file) return false;
      this.#names.set(member, file);
      const what = file === null ? 'clear' : `{position=left-bot,fit=fit-necessary}${file}`;
      command(`vid-logo-img ${member} ${what}`, (answer) => {
        if (file !== null && answer.includes('cleared')) onUnread();
      });
      return true;
    });
    const changed = (await Promise.all(named)).includes(true);
    if (!changed || !personal) return;
    // There the name of who is seen already is drawn with another layout only, if for one frame.
    command(`vid-layout ${largerGrid(marked.length)}`);
    command(`vid-layout ${gridLayout}`);
  }

  /** What FreeSWITCH refuses, as there is no tile for it yet, is told again with the next change. */
  tellSpeakers(
    marked: readonly Marked[],
    speakers: RoomShown['speakers'],
    { height }: CanvasSize,
    command: Command,
  ): void {
    for (const { member, person } of marked) {
      const speaks = !person.muted && speakers.includes(person.identity);
      if (speaks === this.#framed.has(member)) continue;
      command(`vid-border ${member} ${speaks ? Math.round(height * frameShare) : 0}`, (answer) => {
        if (!answer.startsWith('+OK')) return;
        if (speaks) this.#framed.add(member);
        else this.#framed.delete(member);
      });
    }
  }
}
