import type { Screen } from '../../mcu/ports/pictures.ts';
import type { CanvasSize } from './canvas-size.ts';
import type { Draw } from './drawings.ts';
import type { Drawing } from './drawing/protocol.ts';

export type Api = (command: string) => Promise<string>;

/** To one conference, without waiting; `answered` is called with what FreeSWITCH says. */
export type Command = (text: string, answered?: (answer: string) => void) => void;

/** So many milliseconds FreeSWITCH shows a picture: a day, which no call outlasts. */
const shownMs = 86_400_000;

export function screenDrawing({ width, height }: CanvasSize, { title, lines, digits }: Screen): Drawing {
  return { kind: 'screen', width, height, title, lines, digits };
}

/** A picture that fills the canvas of one conference in place of the people there. */
export class Still {
  readonly #draw: Draw;
  #conference: string | null = null;
  #shown: string | null = null;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** Null: the people are seen. Idempotent; a conference that was left has forgotten all. */
  async follow(conference: string, drawing: Drawing | null, api: Api): Promise<void> {
    const file = drawing && (await this.#draw(drawing));
    if (conference !== this.#conference) this.#shown = null;
    this.#conference = conference;
    if (file === this.#shown) return;
    const before = this.#shown;
    this.#shown = file;
    // The new one waits behind the old one until that is stopped: nothing else is seen between them.
    if (file !== null) await api(`conference ${conference} play {png_ms=${shownMs},full-screen=true}${file}`);
    if (before !== null) await api(`conference ${conference} stop current`);
  }

  /** The conference is over. */
  forget(): void {
    this.#conference = null;
  }
}
