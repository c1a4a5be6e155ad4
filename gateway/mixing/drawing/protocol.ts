/** What the gateway and its drawing process say to each other. */
import { z } from 'zod';

const pixels = z.int().min(16).max(4096);
const text = z.string().max(512);

export const drawing = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('screen'),
    width: pixels,
    height: pixels,
    title: text,
    lines: z.array(text).max(16).readonly(),
    digits: z.int().min(0).nullable(),
  }),
  /** For a tile of a canvas of this size. */
  z.strictObject({
    kind: z.literal('name'),
    width: pixels,
    height: pixels,
    name: text,
    muted: z.boolean(),
  }),
]);

/** What is to be drawn; equal ones are one file. */
export type Drawing = z.output<typeof drawing>;

/** What the entry is started with. */
export const drawingOptions = z.strictObject({ folder: z.string().min(1) });

/** Of a file in the folder. */
export const drawingName = /^[0-9a-f]{32}\.png$/;

export const drawingContract = {
  calls: {
    /** Writes a PNG file, whole or not at all; false: of it nothing can be drawn. */
    draw: {
      params: z.strictObject({ drawing, name: z.string().regex(drawingName) }),
      result: z.boolean(),
    },
  },
  events: {},
} as const;

export const drawingOwnerContract = { calls: {}, events: {} } as const;

/** What the entry says once it is ready. */
export const drawingReady = z.union([
  z.strictObject({ missing: z.string() }),
  z.strictObject({ missing: z.null() }),
]);
