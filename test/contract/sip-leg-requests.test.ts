import { describe, expect, it } from 'vitest';
import { gateway } from '../support/clause.ts';
import { offer, useLegs } from '../support/legs.ts';

/** The whole of what we take, in each answer that says it. */
const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO';

/** What a device asks beside offers. */
const bench = useLegs();

describe('in a call', () => {
  it('keeps digits by INFO that come before anybody listens', async () => {
    const { leg } = await bench.talking();
    for (const key of ['7', '#']) await bench.caller.ask('INFO', { type: 'application/dtmf', body: key });
    const digits: string[] = [];
    leg.on('digit', (digit) => digits.push(digit));
    expect(digits).toEqual(['7', '#']);
  });

  it('hears digits by INFO and refuses what it does not know', async () => {
    const { leg } = await bench.talking();
    const digits: string[] = [];
    leg.on('digit', (digit) => digits.push(digit));
    const info = (type: string, body: string) => bench.caller.ask('INFO', { type, body });
    expect((await info('application/dtmf-relay', 'Signal= 5\r\nDuration= 160\r\n')).status).toBe(200);
    expect((await info('application/dtmf', '#')).status).toBe(200);
    expect((await info('application/media_control+xml', '<media_control/>')).status).toBe(200);
    expect((await info('application/dtmf', 'nine')).status).toBe(400);
    const unknown = await info('application/json', '{}');
    expect(unknown.status).toBe(415);
    expect(unknown.headers.accept).toContain('application/dtmf-relay');
    expect((await bench.caller.ask('INFO')).status).toBe(200);
    expect(digits).toEqual(['5', '#']);
  });

  it('takes none of the info packages, and says so', gateway('RFC 6086 §4.2.2'), async () => {
    await bench.talking();
    const refused = await bench.caller.ask('INFO', {
      fields: { 'Info-Package': 'g.3gpp.mid-call' },
      type: 'application/dtmf',
      body: '5',
    });
    expect(refused.status).toBe(469);
    expect(refused.headers['recv-info']).toBe('');
  });

  it.each(['MESSAGE', 'SUBSCRIBE', 'PUBLISH'])(
    'does not do %s, and says what it does',
    gateway('RFC 3261 §8.2.1'),
    async (method) => {
      await bench.talking();
      const refused = await bench.caller.ask(method, { fields: { Event: 'conference' } });
      expect(refused.status).toBe(405);
      expect(refused.headers.allow).toBe(allow);
    },
  );

  it('declines transfers and what else it does not do', gateway('RFC 3515 §2.4.2'), async () => {
    const { leg } = await bench.talking();
    const refer = await bench.caller.ask('REFER', { fields: { 'Refer-To': '<sip:2000@127.0.0.1>' } });
    expect(refer.status).toBe(603);
    expect(refer.headers.warning).toContain('takes no transfers');
    expect(
      (await bench.caller.ask('NOTIFY', { fields: { Event: 'refer', 'Subscription-State': 'active' } }))
        .status,
    ).toBe(481);
    const message = await bench.caller.ask('MESSAGE', { type: 'text/plain', body: 'hello' });
    expect(message.status).toBe(405);
    expect(message.headers.allow).toBe(allow);
    const options = await bench.caller.ask('OPTIONS');
    expect(options.status).toBe(200);
    expect(options.headers.accept).toContain('application/sdp');
    expect(
      await Promise.race([leg.isAlive(), bench.caller.ua.nextRequest('OPTIONS').then(() => 'asked')]),
    ).toBe('asked');
  });
});

describe('a transfer', () => {
  const subscription = (state: string) => ({ Event: 'refer', 'Subscription-State': state });

  /** Asked for, and taken on by the device. */
  async function taken() {
    const talk = await bench.talking();
    const outcome = talk.leg.transfer('sip:2000@pbx.example;transport=tls');
    const refer = await bench.caller.ua.nextRequest('REFER');
    expect(refer.headers['refer-to']).toBe('<sip:2000@pbx.example;transport=tls>');
    bench.caller.ua.reply(refer, 202);
    const tell = (state: string, body: string) =>
      bench.caller.ask('NOTIFY', { fields: subscription(state), type: 'message/sipfrag', body });
    return { ...talk, outcome, tell };
  }

  it('is over when the device says that it is there', gateway('RFC 3515 §2.4.4'), async () => {
    const { leg, outcome, tell } = await taken();
    expect((await tell('active;expires=60', 'SIP/2.0 100 Trying')).status).toBe(200);
    expect((await tell('active;expires=60', 'SIP/2.0 180 Ringing')).status).toBe(200);
    expect((await tell('terminated;reason=noresource', 'SIP/2.0 200 OK')).status).toBe(200);
    expect(await outcome).toBe(true);
    void leg.end('transferred');
    expect((await bench.caller.bye()).headers.reason).toContain('Q.850;cause=16;');
  });

  it('is over when the device hangs up to go there', gateway('RFC 5589 §6.1'), async () => {
    const { ended, tell } = await taken();
    await tell('active;expires=60', 'SIP/2.0 100 Trying');
    await bench.caller.ask('BYE');
    expect(await ended).toBe('transferred');
  });

  it.each(['SIP/2.0 486 Busy Here', 'SIP/2.0 603 Decline'])(
    'has failed when it says %s; the call goes on, and another may be asked for',
    async (body) => {
      const { leg, outcome, tell } = await taken();
      await tell('terminated;reason=noresource', body);
      expect(await outcome).toBe(false);
      expect((await tell('terminated', body)).status).toBe(481);
      const again = leg.transfer('tel:+4930123');
      bench.caller.ua.reply(await bench.caller.ua.nextRequest('REFER'), 202);
      await tell('terminated', 'SIP/2.0 200 OK');
      expect(await again).toBe(true);
    },
  );

  it('that the device does not do leaves the call as it was', gateway('RFC 3515 §2.4.2'), async () => {
    const { leg } = await bench.talking();
    const outcome = leg.transfer('sip:2000@pbx.example');
    bench.caller.ua.reply(await bench.caller.ua.nextRequest('REFER'), 405);
    expect(await outcome).toBe(false);
    expect((await bench.caller.ask('OPTIONS')).status).toBe(200);
    expect(await leg.transfer('sip:a@b>\r\nX: y')).toBe(false);
  });

  it('without reports is over at once', gateway('RFC 4488 §4'), async () => {
    const { leg } = await bench.talking();
    const outcome = leg.transfer('sip:2000@pbx.example');
    const refer = await bench.caller.ua.nextRequest('REFER');
    bench.caller.ua.reply(refer, 200, { headers: ['Refer-Sub: false'] });
    expect(await outcome).toBe(true);
  });
});

describe('outside a dialog', () => {
  it('says truly what it can', gateway('RFC 3261 §11.2'), async () => {
    const ok = await bench.caller.ask('OPTIONS');
    expect(ok.status).toBe(200);
    expect(ok.headers.allow).toBe(allow);
    expect(ok.headers.accept).toContain('application/sdp');
    expect(ok.headers.supported).toBe('100rel, timer');
    expect(ok.headers['accept-language']).toBe('en');
    expect(ok.headers['accept-encoding']).toBe('identity');
  });

  it.each([
    ['MESSAGE', 405],
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['REGISTER', 405],
    ['REFER', 405],
    ['INFO', 481],
    ['NOTIFY', 481],
    ['UPDATE', 481],
    ['BYE', 481],
  ] as const)('answers %s with %i', async (method, status) => {
    // drachtio-server hands out no REFER outside a dialog, and does not answer it either.
    if (method === 'REFER' && !bench.server.edge) return;
    const fields = { Event: 'presence', 'Refer-To': '<sip:a@b>', 'Subscription-State': 'active' };
    const answer = await bench.caller.ask(method, { fields });
    expect(answer.status).toBe(status);
    if (status === 405) expect(answer.headers.allow).toBe(allow);
  });

  it('answers an INVITE for a dialog that is gone with 481', gateway('RFC 3261 §12.2.2'), async () => {
    bench.caller.call.remote += ';tag=gone';
    expect((await bench.caller.ask('INVITE', { body: offer() })).status).toBe(481);
    expect(bench.legs).toEqual([]);
  });
});
