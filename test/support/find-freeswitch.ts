import { findOnPath, isExecutable } from './find-program.ts';

/** Says what is missing, or null. */
export function missingForFreeSwitch(): string | null {
  return findFreeSwitch() === null
    ? 'no freeswitch: set FREESWITCH_BIN to its program, or have it on PATH'
    : null;
}

export function findFreeSwitch(): string | null {
  const { FREESWITCH_BIN } = process.env;
  if (FREESWITCH_BIN !== undefined && isExecutable(FREESWITCH_BIN)) return FREESWITCH_BIN;
  return findOnPath('freeswitch');
}

/** Whether it is there; what is not run without it is said loudly. */
export function freeSwitchFor(what: string): boolean {
  const missing = missingForFreeSwitch();
  if (missing !== null) process.stderr.write(`\n*** NOT RUN: ${what}: ${missing}\n\n`);
  return missing === null;
}
