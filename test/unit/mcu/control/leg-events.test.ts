import { describe, expect, it } from 'vitest';
import { LegEvents } from '../../../../mcu/control/leg-events.ts';

function listen(events: LegEvents): unknown[][] {
  const told: unknown[][] = [];
  for (const event of ['digit', 'silent', 'heard', 'mutedByHost', 'link', 'failed', 'lost'] as const)
    events.on(event, (...args) => told.push([event, ...args]));
  return told;
}

describe('events of a leg that nobody listens to yet', () => {
  it('wait for the first who listens', () => {
    const events = new LegEvents();
    events.emit('failed', 'no-media-path');
    for (const digit of '12') events.emit('digit', digit);
    const told = listen(events);
    expect(told).toEqual([
      ['digit', '1'],
      ['digit', '2'],
      ['failed', 'no-media-path'],
    ]);
    events.emit('lost');
    expect(told.at(-1)).toEqual(['lost']);
    expect(listen(events)).toEqual([]);
  });

  it('tell how it stands, and not how it came to that', () => {
    const events = new LegEvents();
    events.emit('link', 'lost');
    events.emit('link', 'restored');
    events.emit('silent', 5000);
    events.emit('heard');
    expect(listen(events)).toEqual([['heard'], ['link', 'restored']]);
  });

  it('tell of a silence that lasts', () => {
    const events = new LegEvents();
    events.emit('silent', 5000);
    events.emit('heard');
    events.emit('silent', 5000);
    const told = listen(events);
    expect(told.filter(([event]) => event === 'silent')).toEqual([['silent', 5000]]);
    expect(told.at(-1)).not.toEqual(['heard']);
  });

  it('are no more digits than a PIN can have', () => {
    const events = new LegEvents();
    for (let count = 0; count < 1000; count++) events.emit('digit', '1');
    expect(listen(events).length).toBe(32);
  });

  it('are over with the leg', () => {
    const events = new LegEvents();
    events.emit('lost');
    events.close();
    events.emit('digit', '1');
    expect(listen(events)).toEqual([]);
  });
});
