import { findOnPath, isExecutable } from './find-program.ts';

/** A drachtio-server program: DRACHTIO_BIN, or `drachtio` on PATH; null: none is here. */
export function findDrachtioServer(): string | null {
  const named = process.env.DRACHTIO_BIN;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : null;
  return findOnPath('drachtio');
}

/** Says what is missing, or null. It is in no package: a test with it is elective. */
export function missingForDrachtioServer(): string | null {
  return findDrachtioServer() === null
    ? 'no drachtio-server: put `drachtio` on PATH, or name its program by DRACHTIO_BIN'
    : null;
}
