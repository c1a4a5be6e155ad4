import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Painter } from '../../../mcu/compositor/painter/painter.ts';
import { nameplatePng, screenPng } from '../../../mcu/compositor/painter/stills.ts';
import { Channel } from '../../../mcu/control/channel.ts';
import type { Port } from '../../../mcu/control/channel.ts';
import type { Entered } from '../../../mcu/control/entry.ts';
import { drawingContract, drawingOptions, drawingOwnerContract } from './protocol.ts';
import type { Drawing } from './protocol.ts';

/** Text is drawn by a native library, which may crash: never in the gateway's own process. */
export function startDrawingProcess(start: unknown, port: Port): Entered {
  const { folder } = drawingOptions.parse(start);
  const painter = new Painter();
  const channel = new Channel(port, drawingContract, drawingOwnerContract, {
    calls: {
      draw: async ({ drawing, name }) => {
        const png = pngOf(painter, drawing);
        if (png) await writeWhole(join(folder, name), png);
        return png !== null;
      },
    },
    events: {},
  });
  return {
    ready: { missing: null },
    close: () => {
      channel.close();
      return Promise.resolve();
    },
  };
}

function pngOf(painter: Painter, drawing: Drawing): Buffer | null {
  const shape = { width: drawing.width, height: drawing.height, pixelAspect: 1 };
  return drawing.kind === 'screen'
    ? screenPng(painter, shape, drawing)
    : nameplatePng(painter, shape, drawing);
}

/** FreeSWITCH must never find half a picture. */
async function writeWhole(file: string, png: Buffer): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, png, { mode: 0o644 });
  await rename(part, file);
}
