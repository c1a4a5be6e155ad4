import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../gateway/ports.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import { gateway } from '../support/clause.ts';
import { closedGate, offer, reasonOf, useLegs } from '../support/legs.ts';
import { PlainCaller } from '../support/plain-caller.ts';
import { expectLawfulAnswer } from '../support/sdp-check.ts';

const bench = useLegs();

describe('an INVITE', () => {
  it(
    'rings, is answered by the rules, and its BYE ends the leg once',
    gateway('RFC 3261 §13.3.1.4'),
    async () => {
      const leg = await bench.invited({ body: offer({ video: true }), fields: { 'X-Account': 'blue' } });
      expect(leg.facts).toMatchObject({
        transport: 'udp',
        source: { address: '127.0.0.1', port: bench.caller.ua.port },
        from: { user: '+4930123', displayName: 'Ada' },
        to: { user: '1000' },
        wireCallId: bench.caller.call.callId,
        headers: { 'x-account': 'blue' },
      });
      await leg.ring();
      await bench.caller.ua.nextResponse(180, 'INVITE');
      const answered = leg.answer();
      const ok = await bench.caller.final('INVITE');
      expectLawfulAnswer(offer({ video: true }), ok.body);
      expect(ok.headers.allow).toContain('UPDATE');
      expect(ok.headers.supported).toBe('100rel, timer');
      bench.caller.send('ACK');
      await answered;
      expect(bench.media.legs[0].config).toMatchObject({
        codec: 'PCMU',
        payloadType: 0,
        dtmfPayloadTypes: [101],
        remote: { address: '127.0.0.1', rtpPort: 6000, rtcpPort: 6001 },
        direction: 'sendrecv',
      });
      const ended: EndReason[] = [];
      leg.on('ended', (reason) => ended.push(reason));
      expect((await bench.caller.ask('BYE')).status).toBe(200);
      await expect.poll(() => ended).toEqual(['caller-hung-up']);
      await leg.end('caller-hung-up');
      expect(ended).toEqual(['caller-hung-up']);
      expect(bench.media.legs[0].closed).toBe(1);
    },
  );

  it('is refused with a status, a cause and words', gateway('RFC 3326 §2'), async () => {
    const leg = await bench.invited();
    await Promise.all([leg.end('no-route'), leg.end('internal-error')]);
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(404);
    expect(refusal.headers.reason).toContain('Q.850;cause=1;');
    expect(refusal.headers.warning).toMatch(/^399 gateway "No dial plan rule/);
  });

  it('is refused in the words of the dial plan', async () => {
    const leg = await bench.invited();
    await leg.end('rejected-by-plan', { status: null, text: 'Die Nummer “4930999” gibt es nicht mehr.' });
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(403);
    expect(refusal.headers.warning).toBe('399 gateway "Die Nummer “4930999” gibt es nicht mehr."');
  });

  it('is refused with the status of the dial plan', gateway('RFC 3398 §8.2.6.1'), async () => {
    const leg = await bench.invited();
    await leg.end('rejected-by-plan', { status: 486, text: 'All are on the phone.' });
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(486);
    expect(refusal.headers.reason).toContain('Q.850;cause=17;');
    expect(refusal.headers.warning).toBe('399 gateway "All are on the phone."');
  });

  it('is redirected to another address, and that is all', gateway('RFC 3261 §21.3.3'), async () => {
    const leg = await bench.invited();
    expect(await leg.transfer('sip:2000@pbx.example')).toBe(true);
    await leg.end('transferred');
    const redirection = await bench.caller.final('INVITE');
    expect(redirection.status).toBe(302);
    expect(redirection.headers.contact).toBe('<sip:2000@pbx.example>');
  });

  it.each([
    ['no-common-codec', offer({ codecs: '18 101' }), /^305 /],
    ['encryption-unusable', offer().replace('RTP/AVP', 'RTP/SAVP'), /^305 /],
    ['bad-offer', 'v=0\r\nm=audio what\r\n', /^399 /],
  ] as const)('with %s gets 488 and why', gateway('RFC 3261 §13.3.1.3'), async (reason, body, warning) => {
    const leg = await bench.invited({ body });
    expect(await reasonOf(leg.ring())).toBe(reason);
    await leg.end(reason);
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toMatch(warning);
    expect(refusal.headers.reason).toMatch(/^Q\.850;cause=\d+;text="/);
    // Who can't be answered never hears it ring.
    expect(bench.caller.ua.log.filter(({ status }) => status === 180)).toEqual([]);
    expect(bench.media.legs).toEqual([]);
  });

  it('gets 503 when no media can be had', async () => {
    bench.media.broken = true;
    const leg = await bench.invited();
    expect(await reasonOf(leg.answer())).toBe('media-unavailable');
    await leg.end('media-unavailable');
    expect(await bench.caller.final('INVITE')).toMatchObject({ status: 503 });
  });

  it('that is cancelled ends the leg, whatever it was waiting for', gateway('RFC 3261 §9.2'), async () => {
    const leg = await bench.invited();
    await leg.ring();
    await bench.caller.ua.nextResponse(180, 'INVITE');
    const gate = closedGate();
    bench.media.hold = gate.opened;
    const answer = reasonOf(leg.answer());
    const ended = new Promise((resolve) => leg.on('ended', resolve));
    expect((await bench.caller.ask('CANCEL')).status).toBe(200);
    expect((await bench.caller.final('INVITE')).status).toBe(487);
    expect(await ended).toBe('caller-cancelled');
    gate.open();
    expect(await answer).toBe('caller-cancelled');
    await leg.end('caller-cancelled');
  });

  it('that requires reliable ringing waits for its PRACK', gateway('RFC 3262 §3'), async () => {
    const leg = await bench.invited({ body: offer(), fields: { Require: '100rel' } });
    let rung = false;
    const ringing = leg.ring().then(() => (rung = true));
    const provisional = await bench.caller.provisional(180);
    expect(provisional.headers.require).toBe('100rel');
    expect(rung).toBe(false);
    const prack = await bench.caller.ask('PRACK', {
      fields: { RAck: `${provisional.headers.rseq} 1 INVITE` },
    });
    expect(prack.status).toBe(200);
    await ringing;
    await leg.end('no-route');
    expect((await bench.caller.final('INVITE')).status).toBe(404);
  });

  it('without an offer gets ours, and the answer is in the ACK', gateway('RFC 3261 §13.2.1'), async () => {
    const leg = await bench.invited({});
    await leg.ring();
    const answered = leg.answer();
    const ok = await bench.caller.final('INVITE');
    expect(ok.body).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    bench.caller.send('ACK', { body: offer({ codecs: '8 101', port: 6100 }) });
    await answered;
    expect(bench.media.legs[0].config).toMatchObject({ codec: 'PCMA', remote: { rtpPort: 6100 } });
    await leg.end('time-limit');
  });

  it('without an offer and with a useless answer ends', async () => {
    const leg = await bench.invited({});
    const answered = reasonOf(leg.answer());
    await bench.caller.final('INVITE');
    bench.caller.send('ACK');
    expect(await answered).toBe('bad-offer');
    const ended = leg.end('bad-offer');
    await bench.caller.bye();
    await ended;
  });

  it.each([
    ['415', { body: 'hello', type: 'text/plain' }, 415],
    ['413', { body: offer() + 'a=x\r\n'.repeat(8000) }, 413],
    ['420', { body: offer(), fields: { Require: 'replaces' } }, 420],
  ])('gets %s at the door', gateway('RFC 3261 §8.2'), async (name, options, status) => {
    const refusal = await bench.caller.ask('INVITE', options);
    expect(refusal.status, name).toBe(status);
    expect(bench.legs).toEqual([]);
    // Both in words (RFC 3326 §2, RFC 3261 §20.43), and told once.
    const { text } = bench.refused[0].answer;
    expect(refusal.headers.reason).toMatch(new RegExp(`^Q\\.850;cause=\\d+;text="${text}"`));
    expect(refusal.headers.warning).toBe(`399 gateway "${text}"`);
    expect(bench.refused).toMatchObject([
      { reason: 'bad-request', answer: { status }, facts: { from: { user: '+4930123' } } },
    ]);
  });

  it.each([
    ['opens no leg', () => void (bench.media.hold = new Promise(() => undefined))],
    [
      'does not do what was negotiated',
      () => void (bench.media.holdConfigure = new Promise(() => undefined)),
    ],
  ])('gets 503 within its time when the media node hangs and %s', async (_how, hang) => {
    hang();
    const leg = await bench.invited();
    expect(await reasonOf(leg.answer())).toBe('media-unavailable');
    await leg.end('media-unavailable');
    expect((await bench.caller.final('INVITE')).status).toBe(503);
  });

  it('may name its media by host name', async () => {
    const { mediaLeg } = await bench.talking(offer({ address: 'media.example.net' }));
    expect(mediaLeg.config?.remote.address).toBe('192.0.2.77');
  });

  it('whose media host has no address is refused', async () => {
    const leg = await bench.invited({ body: offer({ address: 'nowhere.example.net' }) });
    expect(await reasonOf(leg.answer())).toBe('bad-offer');
    await leg.end('bad-offer');
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toContain('nowhere.example.net');
  });

  it('comes over TCP as well', async () => {
    const phone = await PlainCaller.open(bench.server.sipPort, 'tcp');
    const coming = bench.incoming();
    phone.send('INVITE', { body: offer() });
    const leg = await coming;
    expect(leg.facts.transport).toBe('tcp');
    const answered = leg.answer();
    await phone.final('INVITE');
    phone.send('ACK');
    await answered;
    await Promise.all([leg.end('room-ended'), phone.bye()]);
    await phone.close();
  });
});

describe('a trunk’s INVITE', () => {
  const here = (traits: Partial<Trunk> = {}): Trunk[] => [
    { name: 'carrier', sources: ['127.0.0.1'], srtp: 'prefer', video: true, tls: false, ...traits },
  ];

  it(
    'in plain, where only encrypted media is taken, gets 488 and why',
    gateway('RFC 4568 §5.1.2'),
    async () => {
      bench.trunks = here({ srtp: 'require' });
      const leg = await bench.invited();
      expect(await reasonOf(leg.ring())).toBe('encryption-required');
      await leg.end('encryption-required');
      const refusal = await bench.caller.final('INVITE');
      expect(refusal.status).toBe(488);
      expect(refusal.headers.warning).toMatch(/^302 gateway "Only encrypted/);
    },
  );

  it('without an offer, where only encrypted media is taken, gets an encrypted one', async () => {
    bench.trunks = here({ srtp: 'require' });
    const leg = await bench.invited({});
    const answered = reasonOf(leg.answer());
    expect((await bench.caller.final('INVITE')).body).toMatch(/m=audio \d+ RTP\/SAVP/);
    bench.caller.send('ACK');
    expect(await answered).toBe('bad-offer');
    await Promise.all([leg.end('bad-offer'), bench.caller.bye()]);
  });

  it('without TLS is a stranger’s where the trunk has to use it', async () => {
    bench.trunks = here({ tls: true });
    const leg = await bench.invited();
    expect(leg.facts.trunk).toBeNull();
    await leg.end('no-route');
    await bench.caller.final('INVITE');
  });

  it('that is refused at the door is told as the trunk’s', async () => {
    bench.trunks = here();
    await bench.caller.ask('INVITE', { body: offer(), fields: { Require: 'replaces' } });
    expect(bench.refused).toMatchObject([{ reason: 'bad-request', facts: { trunk: 'carrier' } }]);
  });

  it('that comes while the gateway stops gets 503 and is told as the trunk’s', async () => {
    bench.trunks = here();
    await bench.talking();
    const closing = bench.edge.close();
    const bye = await bench.caller.ua.nextRequest('BYE');
    const late = await PlainCaller.open(bench.server.sipPort);
    expect((await late.ask('INVITE', { body: offer() })).status).toBe(503);
    bench.caller.ua.reply(bye, 200);
    await closing;
    await late.close();
    expect(bench.refused).toMatchObject([{ reason: 'shutting-down', facts: { trunk: 'carrier' } }]);
  });
});

describe('ending in the middle of things', () => {
  it('refuses a call whose media is still being opened, and frees it', async () => {
    const gate = closedGate();
    bench.media.hold = gate.opened;
    const leg = await bench.invited();
    const answer = reasonOf(leg.answer());
    await leg.end('too-many-calls');
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(503);
    expect(refusal.headers['retry-after']).not.toBe('');
    gate.open();
    expect(await answer).toBe('too-many-calls');
    expect(bench.media.legs[0].closed).toBe(1);
  });

  it('refuses a call whose media is being configured', async () => {
    const gate = closedGate();
    bench.media.holdConfigure = gate.opened;
    const leg = await bench.invited();
    const answer = reasonOf(leg.answer());
    await expect.poll(() => bench.media.legs[0]?.configuring?.direction).toBe('recvonly');
    await leg.end('shutting-down');
    expect((await bench.caller.final('INVITE')).status).toBe(503);
    gate.open();
    expect(await answer).toBe('shutting-down');
  });

  it('hangs up a call whose media is being told to send', async () => {
    const gate = closedGate();
    const leg = await bench.invited();
    const answer = reasonOf(leg.answer());
    await bench.caller.final('INVITE');
    const [mediaLeg] = bench.media.legs;
    mediaLeg.holdConfigure = gate.opened;
    bench.caller.send('ACK');
    await expect.poll(() => mediaLeg.configuring?.direction).toBe('sendrecv');
    const ended = leg.end('shutting-down');
    await bench.caller.bye();
    await ended;
    gate.open();
    expect(await answer).toBe('shutting-down');
  });

  it('waits with its BYE for the ACK', gateway('RFC 3261 §15.1.1'), async () => {
    const leg = await bench.invited();
    const answered = reasonOf(leg.answer());
    await bench.caller.final('INVITE');
    const ended = leg.end('time-limit');
    await bench.caller.ua.nextResponse(200, 'INVITE');
    expect(bench.caller.count('BYE', true)).toBe(0);
    bench.caller.send('ACK');
    await bench.caller.bye();
    await ended;
    expect(await answered).toBe('time-limit');
  });

  it('sends nothing to an address before the ACK shows that the answer got there', async () => {
    const leg = await bench.invited();
    const answered = leg.answer();
    await bench.caller.final('INVITE');
    const [mediaLeg] = bench.media.open;
    expect(mediaLeg.config?.direction).toBe('recvonly');
    bench.caller.send('ACK');
    await answered;
    expect(mediaLeg.config?.direction).toBe('sendrecv');
    await leg.end('time-limit');
  });

  it('is over for the gateway even when no ACK ever comes', async () => {
    const leg = await bench.invited();
    const answered = reasonOf(leg.answer());
    await bench.caller.final('INVITE');
    await leg.end('time-limit');
    expect(await answered).toBe('time-limit');
    expect(bench.media.open).toEqual([]);
  });

  it('takes a BYE before the answer as giving up', gateway('RFC 3261 §15.1.2'), async () => {
    const leg = await bench.invited();
    await leg.ring();
    await bench.caller.provisional(180);
    const ended = new Promise((resolve) => leg.on('ended', resolve));
    const [bye, refusal] = [await bench.caller.ask('BYE'), await bench.caller.final('INVITE')];
    if (bench.server.edge) {
      expect([bye.status, refusal.status]).toEqual([200, 487]);
      expect(await ended).toBe('caller-cancelled');
    } else {
      // drachtio-server refuses both and tells nobody: the gateway learns of it by its answer.
      expect([bye.status, refusal.status]).toEqual([481, 500]);
      expect(await reasonOf(leg.answer())).toBe('caller-cancelled');
    }
    await leg.end('caller-cancelled');
  });
});

describe('a call that talks', () => {
  it('is ended by a BYE that says why', async () => {
    const { leg } = await bench.talking();
    const ended = leg.end('removed-by-host');
    const bye = await bench.caller.bye();
    expect(bye.all('reason').join(', ')).toMatch(
      /^Q\.850;cause=21;text="A host removed.*", ?SIP;cause=403;text=/,
    );
    await ended;
    await leg.end('internal-error');
    expect(bench.media.legs[0].closed).toBe(1);
  });

  it('is known to be gone when the device says 481, or nothing', async () => {
    const { leg } = await bench.talking();
    const alive = leg.isAlive();
    bench.caller.ua.reply(await bench.caller.ua.nextRequest('OPTIONS'), 481);
    expect(await alive).toBe(false);
    expect(await leg.isAlive()).toBe(false);
  });
});

describe('the entrance', () => {
  it('says what it stands on', () => {
    expect(bench.edge.status()).toMatchObject({
      state: 'up',
      embedded: true,
      version: expect.stringMatching(/^v\d/) as string,
    });
  });

  it('says what to do about a wrong secret, and goes on without that server', async () => {
    const other = createSipEdge(bench.options({ ...bench.server, secret: 'wrong' }));
    await other.start(
      () => undefined,
      () => undefined,
    );
    expect(other.servers()).toMatchObject([
      { state: 'down', detail: expect.stringMatching(/refused the secret.*DRACHTIO_SECRET/) as string },
    ]);
    expect(
      bench.log.filter(({ facts }) => JSON.stringify(facts).includes('EDGE_SECRET_REFUSED')),
    ).toHaveLength(1);
    await other.close();
  });

  it('says goodbye to whoever is left when it closes', async () => {
    await bench.talking();
    const closing = bench.edge.close();
    const bye = await bench.caller.bye();
    expect(bye.headers.reason).toContain('being stopped');
    await closing;
    expect(bench.edge.status().state).toBe('down');
    // drachtio-server may hand a request to a connection that is just being closed; nobody answers that one.
    if (bench.server.edge) expect((await bench.caller.ask('OPTIONS')).status).toBeGreaterThan(400);
  });
});
