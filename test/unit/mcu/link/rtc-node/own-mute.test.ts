import { describe, expect, it } from 'vitest';
import { OwnMute } from '../../../../../mcu/link/rtc-node/own-mute.ts';

describe('mutes of our own track', () => {
  const asked: boolean[] = [];
  const mute = (): OwnMute => {
    asked.length = 0;
    return new OwnMute((muted) => asked.push(muted));
  };

  it('knows the echo of each that it asked for, also when it comes late', () => {
    const own = mute();
    for (const muted of [true, false, true]) own.set(muted);
    expect(asked).toEqual([true, false, true]);
    expect([true, false, true].map((muted) => own.isEcho(muted))).toEqual([true, true, true]);
  });

  it('takes whatever else is told for a host’s', () => {
    const own = mute();
    expect(own.isEcho(true)).toBe(false);
    own.set(false);
    expect(own.isEcho(false)).toBe(true);
    expect(own.isEcho(true)).toBe(false);
  });

  it('waits no longer for an echo once a later one came', () => {
    const own = mute();
    own.set(true);
    own.set(false);
    expect(own.isEcho(false)).toBe(true);
    expect(own.isEcho(true)).toBe(false);
  });
});
