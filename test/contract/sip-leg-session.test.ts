import { describe, expect, it } from 'vitest';
import { gateway } from '../support/clause.ts';
import { offer, useLegs } from '../support/legs.ts';

/** RFC 4028: what the gateway agrees to. The SIP server's clock is in the edge's own tests. */
const bench = useLegs();

const knows = { Supported: 'timer, 100rel' };

describe('an INVITE', () => {
  it.each([
    [
      'asks for a timer and leaves open who refreshes',
      { ...knows, 'Session-Expires': '600' },
      '600;refresher=uac',
    ],
    ['wants to refresh', { ...knows, 'Session-Expires': '600;refresher=uac' }, '600;refresher=uac'],
    ['wants us to refresh', { ...knows, 'Session-Expires': '600;refresher=uas' }, '600;refresher=uas'],
    ['only knows timers', knows, '1800;refresher=uac'],
    ['requires them', { Require: 'timer', 'Session-Expires': '1800' }, '1800;refresher=uac'],
    ['has more time than we give', { ...knows, 'Session-Expires': '7200' }, '1800;refresher=uac'],
    [
      'came by a hop that wants longer ones',
      { ...knows, 'Session-Expires': '7200', 'Min-SE': '3600' },
      '3600;refresher=uac',
    ],
    ['came by a proxy that asks for a device that can’t', { 'Session-Expires': '600' }, '600;refresher=uas'],
  ])('that %s', gateway('RFC 4028 §9'), async (_name, fields, agreed) => {
    const { ok } = await bench.talking(offer(), fields);
    expect(ok.headers['session-expires']?.replaceAll(' ', '')).toBe(agreed);
    // §9: the one that refreshes is told that it must; a device that knows no timers is told nothing.
    expect(ok.headers.require).toBe(_name.includes('can’t') ? undefined : 'timer');
    expect(ok.headers.supported).toContain('timer');
  });

  it('of a device without timers gets none', gateway('RFC 4028 §9'), async () => {
    const { ok } = await bench.talking();
    expect(ok.headers['session-expires']).toBeUndefined();
    expect(ok.headers.require).toBeUndefined();
  });

  it('with too short an interval is refused with ours', gateway('RFC 4028 §9'), async () => {
    const refused = await bench.caller.ask('INVITE', {
      body: offer(),
      fields: { ...knows, 'Session-Expires': '89' },
    });
    expect(refused.status).toBe(422);
    expect(refused.headers['min-se']).toBe('90');
    expect(bench.legs).toEqual([]);
  });
});

describe('a refresh', () => {
  it.each([
    ['INVITE', offer()],
    ['INVITE', undefined],
    ['UPDATE', offer()],
    ['UPDATE', undefined],
  ])('by %s is agreed to and touches no media', gateway('RFC 4028 §9'), async (method, body) => {
    const { mediaLeg } = await bench.talking(offer(), { ...knows, 'Session-Expires': '600' });
    const fields = { ...knows, 'Session-Expires': '600;refresher=uac' };
    const ok = await bench.caller.ask(method, { fields, ...(body !== undefined && { body }) });
    if (method === 'INVITE') bench.caller.send('ACK', body === undefined ? { body: offer() } : {});
    expect(ok.status).toBe(200);
    expect(ok.headers['session-expires']?.replaceAll(' ', '')).toBe('600;refresher=uac');
    expect(ok.headers.require).toBe('timer');
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('without a word of timers takes them off', gateway('RFC 4028 §9'), async () => {
    await bench.talking(offer(), { ...knows, 'Session-Expires': '600' });
    const ok = await bench.again(offer(), knows);
    expect(ok.headers['session-expires']).toBeUndefined();
  });

  it('with too short an interval is refused', gateway('RFC 4028 §9'), async () => {
    await bench.talking(offer(), { ...knows, 'Session-Expires': '600' });
    const refused = await bench.caller.ask('UPDATE', { fields: { ...knows, 'Session-Expires': '30' } });
    expect(refused.status).toBe(422);
    expect(refused.headers['min-se']).toBe('90');
  });
});
