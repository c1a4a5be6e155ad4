import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Channel } from '../../mcu/control/channel.ts';
import { Child } from '../../mcu/control/child.ts';
import { forks } from '../../mcu/control/forked.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { drawingContract, drawingName, drawingOwnerContract, drawingReady } from './drawing/protocol.ts';
import type { Drawing } from './drawing/protocol.ts';
import { MixingError } from './errors.ts';
import { plainPath } from './prompts.ts';

export interface DrawingsOptions {
  /** Where the pictures are written; FreeSWITCH reads them under the same path. */
  readonly folder: string;
  /** Takes what the drawing process writes to its standard output. */
  readonly output: NodeJS.WritableStream;
  readonly log: Log;
}

/** Draws a picture into a file that FreeSWITCH can read; null: nothing is drawn. */
export type Draw = (drawing: Drawing) => Promise<string | null>;

/** More are forgotten, those that were wanted longest ago first: FreeSWITCH has read them. */
const mostKept = 500;
const drawMs = 5000;

type DrawingChannel = Channel<typeof drawingOwnerContract, typeof drawingContract>;

/**
 * Screens and names as pictures for FreeSWITCH, drawn once each by the code that draws for the embedded engine, in a
 * process of its own. They show people's names: the files are gone when the gateway is.
 */
export class Drawings {
  readonly #options: DrawingsOptions;
  readonly #drawn = new Map<string, Promise<string | null>>();
  #child: Child | null = null;
  #channel: DrawingChannel | null = null;
  #warned = false;

  /**
   * Resolves when its process is ready; without the drawing library it draws nothing, and says so once.
   * Throws PICTURE_FOLDER_UNUSABLE.
   */
  static async start(options: DrawingsOptions): Promise<Drawings> {
    makeFolder(options.folder);
    const drawings = new Drawings(options);
    drawings.#clear();
    drawings.#child = await Child.start({
      name: 'drawing',
      launch: forks({ module: new URL('./drawing/main.ts', import.meta.url), output: options.output }),
      start: { folder: options.folder },
      log: options.log,
      onUp: ({ ready, port }) => {
        const { missing } = drawingReady.parse(ready);
        if (missing === null)
          drawings.#channel = new Channel(port, drawingOwnerContract, drawingContract, {
            calls: {},
            events: {},
          });
        else drawings.#warn(missing);
      },
      onDown: () => {
        drawings.#channel?.close();
        drawings.#channel = null;
      },
    });
    return drawings;
  }

  private constructor(options: DrawingsOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves with the file. What could not be drawn is tried again when it is wanted again. */
  readonly draw: Draw = (drawing) => {
    const id = createHash('sha256').update(JSON.stringify(drawing)).digest('hex').slice(0, 32);
    const name = `${id}.png`;
    const known = this.#drawn.get(name);
    const drawn = known ?? this.#draw(drawing, name);
    this.#drawn.delete(name);
    this.#drawn.set(name, drawn);
    if (!known) this.#forget();
    return drawn;
  };

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#child?.close();
    this.#drawn.clear();
    if (existsSync(this.#options.folder)) this.#clear();
  }

  async #draw(drawing: Drawing, name: string): Promise<string | null> {
    try {
      const isDrawn = (await this.#channel?.call('draw', { drawing, name }, { deadlineMs: drawMs })) ?? null;
      if (isDrawn !== null) return isDrawn ? this.#file(name) : null;
    } catch (error) {
      this.#warn(messageOf(error));
    }
    this.#drawn.delete(name);
    return null;
  }

  #file(name: string): string {
    return join(this.#options.folder, name);
  }

  #forget(): void {
    for (const name of this.#drawn.keys()) {
      if (this.#drawn.size <= mostKept) return;
      this.#drawn.delete(name);
      rmSync(this.#file(name), { force: true });
    }
  }

  #clear(): void {
    for (const name of readdirSync(this.#options.folder))
      if (drawingName.test(name.replace(/\.part$/, ''))) rmSync(this.#file(name), { force: true });
  }

  /** Whatever fails does so for each picture. */
  #warn(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.log.warn({ reason }, 'screens and names can not be drawn for FreeSWITCH');
  }
}

function makeFolder(folder: string): void {
  try {
    if (!plainPath.test(folder)) throw new Error('only letters, digits, “.”, “_” and “-” may be in its path');
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new MixingError(
      'PICTURE_FOLDER_UNUSABLE',
      `Pictures for FreeSWITCH can’t be kept in “${folder}”: ${messageOf(error)}.`,
      'Set freeswitch.pictureFolder to a folder that the gateway may write to and FreeSWITCH may read.',
      error,
    );
  }
}
