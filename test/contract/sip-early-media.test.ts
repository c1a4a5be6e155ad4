/** What a caller hears before the answer, through drachtio-srf and an edge. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Leg } from '../../gateway/ports.ts';
import { gateway } from '../support/clause.ts';
import { offer, useLegs } from '../support/legs.ts';

const bench = useLegs();

/** The caller's address is a trunk's. */
function knowCaller(): void {
  bench.trunks = [{ name: 'pbx', sources: ['127.0.0.1'], srtp: 'off', video: false, tls: false }];
}

async function acknowledge(rseq: string | undefined): Promise<void> {
  const prack = await bench.caller.ask('PRACK', { fields: { RAck: `${rseq} 1 INVITE` } });
  expect(prack.status).toBe(200);
}

async function answered(leg: Leg) {
  const answer = leg.answer();
  const ok = await bench.caller.final('INVITE');
  bench.caller.send('ACK');
  await answer;
  return ok;
}

describe('a trunk’s caller', () => {
  beforeEach(knowCaller);

  it('hears it by a 183, and the 200 says the same', gateway('RFC 3261 §13.2.1'), async () => {
    const leg = await bench.invited();
    const early = leg.hearEarly();
    const progress = await bench.caller.provisional(183);
    expect(progress.headers['content-type']).toBe('application/sdp');
    expect(progress.headers).not.toHaveProperty('require');
    expect(await early).toBe(bench.media.legs[0]);
    expect(bench.media.legs[0].config?.direction).toBe('sendrecv');
    const ok = await answered(leg);
    expect(ok.body).toBe(progress.body);
    expect(bench.media.legs).toHaveLength(1);
    // Nothing of the media changes with the answer.
    expect(bench.media.legs[0].settled).toHaveLength(1);
    await bench.caller.ask('BYE');
    await leg.end('caller-hung-up');
  });

  it(
    'who knows PRACK gets it reliably, and media once it is acknowledged',
    gateway('RFC 3262 §3'),
    async () => {
      const leg = await bench.invited({ body: offer(), fields: { Supported: '100rel' } });
      const early = leg.hearEarly();
      const progress = await bench.caller.provisional(183);
      expect(progress.headers.require).toBe('100rel');
      expect(bench.media.legs[0].config?.direction).toBe('recvonly');
      await acknowledge(progress.headers.rseq);
      await early;
      expect(bench.media.legs[0].config?.direction).toBe('sendrecv');
      const ok = await answered(leg);
      expect(ok.body).toBe(progress.body);
      await bench.caller.ask('BYE');
      await leg.end('caller-hung-up');
    },
  );

  it('may hear it ring and then hear more, each in its turn', gateway('RFC 3262 §3'), async () => {
    const leg = await bench.invited({ body: offer(), fields: { Require: '100rel' } });
    const ringing = leg.ring();
    const early = leg.hearEarly();
    await acknowledge((await bench.caller.provisional(180)).headers.rseq);
    await ringing;
    await acknowledge((await bench.caller.provisional(183)).headers.rseq);
    expect(await early).toBe(bench.media.legs[0]);
    await leg.end('busy');
    expect((await bench.caller.final('INVITE')).status).toBe(486);
  });

  it('is refused after what it heard', gateway('RFC 3960 §3.2'), async () => {
    const leg = await bench.invited();
    const early = leg.hearEarly();
    await bench.caller.provisional(183);
    await early;
    await leg.end('unknown-number');
    expect((await bench.caller.final('INVITE')).status).toBe(404);
    expect(bench.media.legs[0].closed).toBe(1);
  });

  it('may give up meanwhile', gateway('RFC 3261 §9.2'), async () => {
    const leg = await bench.invited();
    const ended = new Promise((resolve) => leg.on('ended', resolve));
    const early = leg.hearEarly();
    await bench.caller.provisional(183);
    await early;
    expect((await bench.caller.ask('CANCEL')).status).toBe(200);
    expect((await bench.caller.final('INVITE')).status).toBe(487);
    expect(await ended).toBe('caller-cancelled');
    await leg.end('caller-cancelled');
    expect(bench.media.legs[0].closed).toBe(1);
  });

  it('has another offer of its wait until the answer', gateway('RFC 3311 §5.2'), async () => {
    const leg = await bench.invited();
    const early = leg.hearEarly();
    await bench.caller.provisional(183);
    await early;
    const update = await bench.caller.ask('UPDATE', { body: offer({ port: 6010, origin: '1 2' }) });
    expect(update.status).toBe(500);
    expect(update.headers).toHaveProperty('retry-after');
    await leg.end('busy');
    await bench.caller.final('INVITE');
  });

  it('who offers nothing has no place for it', async () => {
    const leg = await bench.invited({});
    expect(await leg.hearEarly()).toBeNull();
    expect(bench.media.legs).toEqual([]);
    await leg.end('busy');
    await bench.caller.final('INVITE');
  });
});

describe('a stranger by datagrams', () => {
  it('hears nothing before the answer, since the INVITE may be forged', async () => {
    const leg = await bench.invited();
    expect(await leg.hearEarly()).toBeNull();
    expect(bench.media.legs).toEqual([]);
    await leg.end('busy');
    await bench.caller.final('INVITE');
  });

  it('who acknowledges a 183 is where it says', gateway('RFC 3262 §4'), async () => {
    const leg = await bench.invited({ body: offer(), fields: { Supported: 'timer, 100rel' } });
    const early = leg.hearEarly();
    await acknowledge((await bench.caller.provisional(183)).headers.rseq);
    expect(await early).toBe(bench.media.legs[0]);
    await leg.end('busy');
    await bench.caller.final('INVITE');
  });
});

it('a caller whose offer can’t be answered is known before anything is sent', async () => {
  const leg = await bench.invited({ body: offer({ codecs: '18' }) });
  expect(() => leg.check()).toThrow(expect.objectContaining({ reason: 'no-common-codec' }));
  await leg.end('no-common-codec');
  const refused = await bench.caller.final('INVITE');
  expect([refused.status, refused.headers.warning]).toEqual([488, expect.stringMatching(/^305 /)]);
});
