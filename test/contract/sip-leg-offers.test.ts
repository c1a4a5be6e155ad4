import { describe, expect, it } from 'vitest';
import { gateway } from '../support/clause.ts';
import { closedGate, offer, useLegs } from '../support/legs.ts';
import { expectLawfulAnswer, mediaLines } from '../support/sdp-check.ts';

/** RFC 3264 and its friends, in running calls. */
const bench = useLegs();

describe('offers that cross', () => {
  it('gets 491 while ours is open', gateway('RFC 3261 §14.2'), async () => {
    const { mediaLeg } = await bench.talking();
    await bench.caller.ask('INVITE');
    const glare = await bench.caller.ask('UPDATE', { body: offer({ port: 7000 }) });
    expect(glare.status).toBe(491);
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('has to wait while another one is being carried out', gateway('RFC 3261 §14.2'), async () => {
    const { mediaLeg } = await bench.talking();
    const gate = closedGate();
    mediaLeg.holdConfigure = gate.opened;
    bench.caller.send('UPDATE', { body: offer({ port: 7000 }) });
    const second = await bench.caller.ask('UPDATE', { body: offer({ port: 7002 }) });
    expect(second.status).toBe(500);
    expect(Number(second.headers['retry-after'])).toBeLessThanOrEqual(10);
    gate.open();
    expect((await bench.caller.final('UPDATE')).status).toBe(200);
    expect(mediaLeg.config?.remote.rtpPort).toBe(7000);
  });

  it('changes nothing when it is taken back', async () => {
    const { mediaLeg } = await bench.talking();
    const gate = closedGate();
    mediaLeg.holdConfigure = gate.opened;
    bench.caller.send('INVITE', { body: offer({ port: 7000 }) });
    expect((await bench.caller.ask('CANCEL')).status).toBe(200);
    expect((await bench.caller.final('INVITE')).status).toBe(487);
    // There and back: now the 487's ACK, by which drachtio-server tells of the CANCEL, has passed as well.
    expect((await bench.caller.ask('OPTIONS')).status).toBe(200);
    gate.open();
    await expect.poll(() => mediaLeg.settled.map(({ remote }) => remote.rtpPort)).toEqual([6000, 7000, 6000]);
  });

  it(
    'changes nothing when it is taken back while ports are opened for it',
    gateway('RFC 3261 §9.2'),
    async () => {
      const { mediaLeg, ok } = await bench.talking();
      const gate = closedGate();
      mediaLeg.holdVideo = gate.opened;
      bench.caller.send('INVITE', { body: offer({ port: 7000, video: true }) });
      expect((await bench.caller.ask('CANCEL')).status).toBe(200);
      expect((await bench.caller.final('INVITE')).status).toBe(487);
      expect((await bench.caller.ask('OPTIONS')).status).toBe(200);
      gate.open();
      expect((await bench.again(offer())).body).toBe(ok.body);
      expect(mediaLeg.config?.remote.rtpPort).toBe(6000);
      expect(mediaLeg.config?.video).toBeUndefined();
    },
  );
});

describe('an offer in a call', () => {
  it('moves to another codec and port by UPDATE', gateway('RFC 3311 §5.2'), async () => {
    const { mediaLeg } = await bench.talking();
    const ok = await bench.caller.ask('UPDATE', { body: offer({ codecs: '8 101', port: 7000 }) });
    expect(ok.status).toBe(200);
    expectLawfulAnswer(offer({ codecs: '8 101', port: 7000 }), ok.body);
    expect(ok.headers.contact).not.toBe('');
    expect(mediaLeg.config).toMatchObject({ codec: 'PCMA', remote: { rtpPort: 7000 } });
  });

  it('takes an UPDATE without body as a refresh', gateway('RFC 3311 §5.2'), async () => {
    const { mediaLeg } = await bench.talking();
    const ok = await bench.caller.ask('UPDATE');
    expect(ok).toMatchObject({ status: 200, body: '' });
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('survives an offer that can’t be taken', async () => {
    const { mediaLeg, leg } = await bench.talking();
    const refusal = await bench.caller.ask('INVITE', { body: offer({ codecs: '18' }) });
    expect(refusal.status).toBe(488);
    expect((await bench.caller.ask('INVITE', { body: 'x', type: 'text/plain' })).status).toBe(415);
    expect(mediaLeg.settled).toHaveLength(1);
    const alive = leg.isAlive();
    bench.caller.ua.reply(await bench.caller.ua.nextRequest('OPTIONS'), 200);
    expect(await alive).toBe(true);
  });

  it('keeps the session when the media node can’t follow', async () => {
    const { mediaLeg } = await bench.talking();
    mediaLeg.failConfigure = new Error('node is busy');
    expect((await bench.caller.ask('INVITE', { body: offer({ port: 7000 }) })).status).toBe(500);
    expect(mediaLeg.config?.remote.rtpPort).toBe(6000);
    expect((await bench.caller.ask('INVITE', { body: offer({ port: 7000 }) })).status).toBe(200);
    bench.caller.send('ACK');
    expect(mediaLeg.config?.remote.rtpPort).toBe(7000);
  });

  it('offers when a re-INVITE does not, and reads the ACK', async () => {
    const { mediaLeg } = await bench.talking(offer({ video: true }));
    const ok = await bench.caller.ask('INVITE');
    expect(ok.body).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    expect(ok.body).toMatch(/^m=video [1-9]\d* RTP\/AVP 97 /m);
    bench.caller.send('ACK', { body: offer({ codecs: '8 101', port: 7100, video: true }) });
    await expect.poll(() => mediaLeg.config?.remote.rtpPort).toBe(7100);
    expect(mediaLeg.config?.codec).toBe('PCMA');
  });

  it('goes on as before when our offer gets no answer', async () => {
    const { mediaLeg } = await bench.talking();
    await bench.caller.ask('INVITE');
    bench.caller.send('ACK');
    await expect
      .poll(async () => (await bench.caller.ask('INVITE', { body: offer({ port: 7000 }) })).status)
      .toBe(200);
    bench.caller.send('ACK');
    expect(mediaLeg.settled.map(({ remote }) => remote.rtpPort)).toEqual([6000, 7000]);
  });
});

describe('an offer like the last one', () => {
  it.each(['INVITE', 'UPDATE'])('by %s touches no media', gateway('RFC 3264 §8'), async (method) => {
    const { ok, mediaLeg } = await bench.talking();
    for (let time = 0; time < 3; time++) {
      const again = await bench.caller.ask(method, { body: offer() });
      if (method === 'INVITE') bench.caller.send('ACK');
      expect(again.body).toBe(ok.body);
    }
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('but with a higher version gets the answer that it got', gateway('RFC 3264 §8'), async () => {
    const { ok, mediaLeg } = await bench.talking();
    for (const origin of ['1 2', '1 900000', '1 18446744073709551615'])
      expect((await bench.again(offer({ origin }))).body).toBe(ok.body);
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('is known by what it says, not by its version', gateway('RFC 3264 §8'), async () => {
    const { ok, mediaLeg } = await bench.talking();
    // Devices that never raise theirs, lower it, or begin a new session id.
    for (const [origin, port] of [
      ['1 1', 7000],
      ['1 0', 7002],
      ['77 1', 7004],
    ] as const) {
      const moved = await bench.again(offer({ origin, port }));
      // What we say of ourselves did not change.
      expect(moved.body).toBe(ok.body);
      expect(mediaLeg.config?.remote.rtpPort).toBe(port);
    }
  });
});

describe('media lines', () => {
  const more = [
    'm=video 0 RTP/AVP 97',
    'm=application 5070 UDP/BFCP *',
    'm=application 7000 UDP/UDT/IX *',
    'm=image 7002 udptl t38',
    'm=message 7004 TCP/MSRP *',
    'm=application 7006 RTP/AVP 107',
    'a=rtpmap:107 H224/4800',
    'm=audio 7008 RTP/AVP 0',
    '',
  ].join('\r\n');

  it('that we do not use are refused in place, as they came', gateway('RFC 3264 §6'), async () => {
    const { ok } = await bench.talking(offer() + more);
    expectLawfulAnswer(offer() + more, ok.body);
    expect(mediaLines(ok.body).map(({ kind, port, proto }) => [kind, port === 0, proto])).toEqual([
      ['audio', false, 'RTP/AVP'],
      ['video', true, 'RTP/AVP'],
      ['application', true, 'UDP/BFCP'],
      ['application', true, 'UDP/UDT/IX'],
      ['image', true, 'udptl'],
      ['message', true, 'TCP/MSRP'],
      ['application', true, 'RTP/AVP'],
      ['audio', true, 'RTP/AVP'],
    ]);
  });

  it('stay in our own offers, whatever became of them', gateway('RFC 3264 §8'), async () => {
    await bench.talking(offer() + more);
    const ours = await bench.caller.ask('INVITE');
    expect(mediaLines(ours.body).map(({ kind, port, proto }) => `${kind} ${port === 0} ${proto}`)).toEqual(
      mediaLines(offer() + more).map(
        ({ kind, proto }, index) => `${index === 0 ? 'audio' : kind} ${index > 0} ${proto}`,
      ),
    );
    bench.caller.send('ACK', { body: offer() + more.replaceAll(/ (?:50|70)\d\d /g, ' 0 ') });
  });

  it('that are new come at the end', gateway('RFC 3264 §8.1'), async () => {
    await bench.talking();
    const grown = await bench.again(offer({ video: true }));
    expect(mediaLines(grown.body).map(({ kind, port }) => [kind, port === 0])).toEqual([
      ['audio', false],
      ['video', false],
    ]);
  });

  it('may be taken out and come back in place', gateway('RFC 3264 §8.2'), async () => {
    const { mediaLeg, ok } = await bench.talking(offer({ video: true }));
    const without = offer({ video: true, port: 0 });
    const removed = await bench.again(without);
    expect(removed.status).toBe(200);
    expect(mediaLines(removed.body).map(({ port }) => port)).toEqual([0, 0]);
    expect(mediaLeg.config?.direction).toBe('inactive');
    expect((await bench.again(without)).body).toBe(removed.body);
    const back = await bench.again(offer({ video: true, port: 7000 }));
    expect(mediaLines(back.body)).toEqual(mediaLines(ok.body));
    expect(mediaLeg.config).toMatchObject({ direction: 'sendrecv', remote: { rtpPort: 7000 } });
  });

  it('keep their names', gateway('RFC 5888 §4'), async () => {
    const named = offer({ video: true, audio: ['a=mid:sound', 'a=label:11'] })
      .replace('t=0 0\r\n', 't=0 0\r\na=group:LS sound picture\r\n')
      .concat('a=mid:picture\r\n');
    const { ok } = await bench.talking(named);
    expect(ok.body.match(/^a=mid:.*/gm)?.map((line) => line.trim())).toEqual([
      'a=mid:sound',
      'a=mid:picture',
    ]);
    // §9.1: a group that we do not form is not repeated; a label is its sender's own (RFC 4574 §4).
    expect(ok.body).not.toMatch(/a=(?:group|label)/);
    const ours = await bench.caller.ask('INVITE');
    expect(ours.body.match(/^a=mid:.*/gm)).toHaveLength(2);
    bench.caller.send('ACK', { body: named });
  });
});

describe('a payload type', () => {
  it('means the same as long as the session lasts', gateway('RFC 3264 §8.3.2'), async () => {
    // 101 is taken by something else here, and the keys have 96.
    const strange = offer({ codecs: '0 101 96' }).replace(
      'a=rtpmap:101 telephone-event/8000',
      'a=rtpmap:101 speex/8000\r\na=rtpmap:96 telephone-event/8000',
    );
    const { ok, mediaLeg } = await bench.talking(strange);
    expect(ok.body).toMatch(/^m=audio \d+ RTP\/AVP 0 96\r$/m);
    expect(mediaLeg.config?.dtmfPayloadTypes).toEqual([96]);
    // Not offered for a while, and not forgotten.
    await bench.again(offer({ codecs: '8' }).replace(/a=rtpmap.*\r\n/, ''));
    const ours = await bench.caller.ask('INVITE');
    expect(ours.body).toMatch(/^m=audio \d+ RTP\/AVP 0 8 96\r$/m);
    expect(ours.body).toContain('a=rtpmap:96 telephone-event/8000\r\n');
    bench.caller.send('ACK', { body: strange });
    await expect.poll(() => mediaLeg.config?.codec).toBe('PCMU');
  });
});

describe('an offer in a PRACK', () => {
  it('has to wait until the INVITE’s is answered', gateway('RFC 3262 §5'), async () => {
    const leg = await bench.invited({ body: offer(), fields: { Require: '100rel' } });
    const ringing = leg.ring();
    const { headers } = await bench.caller.provisional(180);
    const fields = { RAck: `${headers.rseq} 1 INVITE` };
    const prack = await bench.caller.ask('PRACK', { fields, body: offer({ port: 7000 }) });
    expect(prack.status).toBe(500);
    expect(Number(prack.headers['retry-after'])).toBeLessThanOrEqual(10);
    await ringing;
    await leg.end('no-route');
    await bench.caller.final('INVITE');
  });
});

describe('an UPDATE before the answer', () => {
  it.each([
    ['with an offer has to wait', offer({ port: 7000 }), 500],
    ['without one is taken', undefined, 200],
  ])('%s', gateway('RFC 3311 §5.2'), async (_name, body, status) => {
    const leg = await bench.invited();
    await leg.ring();
    await bench.caller.provisional(180);
    const update = await bench.caller.ask('UPDATE', body === undefined ? {} : { body });
    expect(update.status).toBe(status);
    if (status === 500) expect(update.headers['retry-after']).toMatch(/^(?:\d|10)$/);
    await leg.end('no-route');
    await bench.caller.final('INVITE');
  });
});
