import { describe, expect, it } from 'vitest';
import { farEnd, request, SipCore, TestApp } from '../../../../../support/sip-core.ts';
import type { SipText } from '../../../../../support/sip-ua.ts';

/** An INVITE that reached the app. */
async function invited(facts: Parameters<typeof request>[1] = {}): Promise<SipCore> {
  const core = new SipCore();
  await core.receive(request('INVITE', { branch: 'z9hG4bKinvite', ...facts }));
  return core;
}

/** … and was answered and, perhaps, acknowledged. */
async function answered(acknowledge = true): Promise<{ core: SipCore; ok: SipText; dialogId: string }> {
  const core = await invited();
  const outcome = await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
  const ok = core.takeSent().at(-1);
  if (!ok || !outcome.ok) throw new Error('not answered');
  if (acknowledge) await core.receive(request('ACK', { to: ok.headers.to }));
  return { core, ok, dialogId: outcome.dialogId };
}

describe('an INVITE', () => {
  it('gets 100 at once and reaches the app with where it came from', async () => {
    const core = await invited();
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 100 Trying']);
    expect(core.app.last).toMatchObject({
      dialogId: '',
      meta: { source: 'network', transport: 'udp', address: '192.0.2.7', port: 5070 },
      receivedOn: { address: '127.0.0.1', port: 5060 },
    });
    expect(core.app.cdrs).toEqual(['attempt|network|time']);
  });

  it('that comes again is answered again and told once', async () => {
    const core = await invited();
    await core.receive(request('INVITE', { branch: 'z9hG4bKinvite' }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 100 Trying']);
    expect(core.app.delivered).toHaveLength(1);
    expect(core.counters.retransmissions).toBe(1);
  });

  it('that comes by another way too is merged: 482 (RFC 3261 §8.2.2.2)', async () => {
    const core = await invited();
    core.takeSent();
    await core.receive(request('INVITE', { branch: 'z9hG4bKother' }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 482 Loop Detected']);
    expect(core.app.delivered).toHaveLength(1);
  });

  it('gets 2xx again and again until the ACK, which reaches the app once', async () => {
    const { core, ok } = await answered(false);
    await core.advance(500);
    await core.advance(1_000);
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
    const { txnId } = core.app.delivered[0] ?? {};
    for (const _ of [1, 2]) await core.receive(request('ACK', { to: ok.headers.to }));
    const acks = core.app.delivered.filter(({ message }) => message.method === 'ACK');
    expect(acks).toHaveLength(1);
    expect(acks[0]?.txnId).toBe(txnId);
    await core.advance(10_000);
    expect(core.takeSent()).toEqual([]);
  });

  it('whose 2xx is never acknowledged ends by BYE after 64·T1, and the app hears of it', async () => {
    const { core, dialogId } = await answered(false);
    await core.advance(32_000);
    const bye = core.takeSent().at(-1);
    expect(bye?.first).toBe('BYE sip:far@192.0.2.7:5070 SIP/2.0');
    expect(bye?.headers.reason).toContain('ACK timeout');
    expect(core.app.last).toMatchObject({ txnId: 'unsolicited', dialogId, meta: { source: 'application' } });
    await core.advance(64_000);
    expect(core.counters).toMatchObject({ dialogs: 0, clientTransactions: 0, serverTransactions: 0 });
    expect(core.timers.pending).toBe(0);
  });

  it('gets its BYE from the app only after the ACK (RFC 3261 §15)', async () => {
    const { core, ok, dialogId } = await answered(false);
    expect(await core.request('BYE sip:placeholder SIP/2.0', { dialogId })).toMatchObject({ ok: true });
    expect(core.takeSent()).toEqual([]);
    await core.receive(request('ACK', { to: ok.headers.to }));
    expect(core.takeFirstLines()).toEqual(['BYE sip:far@192.0.2.7:5070 SIP/2.0']);
  });

  it('that no app answers gets 480, and the app the end of it', async () => {
    const core = await invited();
    await core.advance(64_000);
    expect(core.takeFirstLines().at(1)).toBe('SIP/2.0 480 Temporarily Unavailable');
    expect(core.app.last.message.method).toBe('CANCEL');
    expect(await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK')).toMatchObject({ ok: false });
  });

  it('ends with 487 when its Expires is over', async () => {
    const core = await invited({ headers: ['Expires: 20'] });
    await core.respond(core.app.last.txnId, 'SIP/2.0 180 Ringing');
    core.takeSent();
    await core.advance(20_000);
    expect(core.takeFirstLines()[0]).toBe('SIP/2.0 487 Request Terminated');
    expect(core.counters.dialogs).toBe(0);
  });

  it('without Contact is taken, as of RFC 2543 callers: their From is where they are', async () => {
    const core = new SipCore();
    await core.receive(request('INVITE').replace(/Contact: .*\r\n/, ''));
    expect(core.app.last.message.headers.contact).toBe('<sip:far@192.0.2.7>');
  });

  it.each([
    ['that requires what nobody knows', { headers: ['Require: 100rel, teleport'] }, '420 Bad Extension'],
    [
      'in an unknown dialog',
      { to: '<sip:1000@127.0.0.1>;tag=nobody' },
      '481 Call/Transaction Does Not Exist',
    ],
    ['with a Contact that can’t be called', { contact: '<mailto:x@example.com>' }, '400 Bad Request'],
  ])('%s is refused', async (_name, facts, status) => {
    const core = new SipCore();
    await core.receive(request('INVITE', facts));
    expect(core.takeFirstLines()).toEqual([`SIP/2.0 ${status}`]);
    expect(core.app.delivered).toEqual([]);
  });

  it('with the names of a live call is no second one, as apps could not tell them apart', async () => {
    const { core } = await answered();
    core.takeSent();
    await core.receive(request('INVITE', { cseq: 2 }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 482 Loop Detected']);
  });

  it('can’t break the frames of apps by its Call-ID', async () => {
    const core = await invited({ callId: 'a|b|c' });
    const outcome = await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
    expect(outcome).toMatchObject({ ok: true, dialogId: 'a%7Cb%7Cc;from-tag=far' });
  });

  it('that is our own, come back, is a loop', async () => {
    const core = new SipCore();
    await core.request('INVITE sip:them@192.0.2.7:5070 SIP/2.0');
    const [ours] = core.takeSent();
    const back = request('INVITE', { callId: ours.headers['call-id'] }).replace(
      'Max-Forwards',
      `Via: ${ours.headers.via}\r\nMax-Forwards`,
    );
    await core.receive(back);
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 482 Loop Detected']);
  });

  it('gets 503 beyond the bounds, and 503 when no app is there', async () => {
    const core = new SipCore({ maxTransactions: 2 });
    for (const callId of ['a', 'b', 'c']) await core.receive(request('INVITE', { callId }));
    const refused = core.takeSent().at(-1);
    expect(refused?.first).toBe('SIP/2.0 503 Service Unavailable');
    expect(refused?.headers['retry-after']).toBe('5');
    expect(core.counters).toMatchObject({ overloaded: 1, serverTransactions: 2 });
    const empty = new SipCore();
    empty.registry.removeAll(empty.app);
    await empty.receive(request('INVITE'));
    expect(empty.takeFirstLines()).toEqual(['SIP/2.0 503 Service Unavailable']);
  });
});

describe('an unknown method', () => {
  it('gets 405 with Allow, unless an app routes it', async () => {
    const core = new SipCore();
    await core.receive(request('FROB'));
    const [refused] = core.takeSent();
    expect(refused.first).toBe('SIP/2.0 405 Method Not Allowed');
    expect(refused.headers.allow).toBe('INVITE, ACK, CANCEL, BYE');
    core.registry.add(core.app, 'frob');
    await core.receive(request('FROB', { callId: 'second' }));
    expect(core.app.last.message.method).toBe('FROB');
  });
});

describe('ringing to a caller that requires 100rel', () => {
  const rel = { headers: ['Require: 100rel'] };

  it('is reliable although the app does not know; its PRACK is the edge’s business', async () => {
    const core = await invited(rel);
    core.takeSent();
    await core.respond(core.app.last.txnId, 'SIP/2.0 180 Ringing');
    await core.advance(500);
    const [ringing, again] = core.takeSent();
    expect(ringing.headers).toMatchObject({ require: '100rel' });
    expect(again.raw).toBe(ringing.raw);
    const rack = [`RAck: ${ringing.headers.rseq} 1 INVITE`];
    await core.receive(request('PRACK', { to: ringing.headers.to, cseq: 2, headers: rack }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 200 OK']);
    await core.receive(request('PRACK', { to: ringing.headers.to, cseq: 3, headers: rack }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 481 Call/Transaction Does Not Exist']);
    expect(core.app.delivered).toHaveLength(1);
  });

  it('holds the answer while an early description waits for its PRACK (RFC 3262 §3)', async () => {
    const core = await invited(rel);
    core.takeSent();
    const { txnId } = core.app.last;
    await core.respond(txnId, 'SIP/2.0 183 Session Progress\r\n\r\nv=0\r\n');
    const [early] = core.takeSent();
    await core.respond(txnId, 'SIP/2.0 200 OK');
    expect(core.takeSent()).toEqual([]);
    const rack = [`RAck: ${early.headers.rseq} 1 INVITE`];
    await core.receive(request('PRACK', { to: early.headers.to, cseq: 2, headers: rack }));
    expect(core.takeFirstLines().sort()).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
  });

  it('that nobody acknowledges ends the call with 504', async () => {
    const core = await invited(rel);
    await core.respond(core.app.last.txnId, 'SIP/2.0 180 Ringing');
    core.takeSent();
    await core.advance(32_000);
    expect(core.takeFirstLines().at(-1)).toBe('SIP/2.0 504 Server Time-out');
    await core.advance(64_000);
    expect(core.timers.pending).toBe(0);
  });
});

describe('in a dialog', () => {
  it('a request with an old CSeq gets 500 (RFC 3261 §12.2.2)', async () => {
    const { core, ok } = await answered();
    const { to } = ok.headers;
    await core.receive(request('INFO', { to, cseq: 10 }));
    await core.receive(request('INFO', { to, cseq: 9 }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 500 Server Internal Error']);
    expect(core.counters.invalid).toBe(1);
  });

  it('re-INVITEs must not cross: 491 to the peer’s, 500 with Retry-After to its second', async () => {
    const { core, ok, dialogId } = await answered();
    const { to } = ok.headers;
    await core.request('INVITE sip:placeholder SIP/2.0', { dialogId });
    core.takeSent();
    await core.receive(request('INVITE', { to, cseq: 2 }));
    expect(core.takeFirstLines()).toEqual(['SIP/2.0 491 Request Pending']);

    const second = await answered();
    await second.core.receive(request('INVITE', { to: second.ok.headers.to, cseq: 2 }));
    await second.core.receive(request('INVITE', { to: second.ok.headers.to, cseq: 3 }));
    const refused = second.core.takeSent().at(-1);
    expect(refused?.first).toBe('SIP/2.0 500 Server Internal Error');
    expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(10);
  });

  it('a re-INVITE moves the target, and so does the flow of a caller behind NAT', async () => {
    const { core, ok, dialogId } = await answered();
    await core.receive(
      request('INVITE', { to: ok.headers.to, cseq: 2, contact: '<sip:far@192.0.2.9:5099>' }),
    );
    await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
    await core.receive(request('ACK', { to: ok.headers.to, cseq: 2 }));
    core.takeSent();
    await core.request('INFO sip:placeholder SIP/2.0', { dialogId });
    expect(core.sent[0]).toMatchObject({ peer: { address: '192.0.2.9', port: 5099 } });

    const behind = await invited({ contact: '<sip:far@10.0.0.9:5062>' });
    const outcome = await behind.respond(behind.app.last.txnId, 'SIP/2.0 200 OK');
    await behind.receive(request('ACK', { to: behind.takeSent().at(-1)?.headers.to }));
    await behind.request('INFO sip:placeholder SIP/2.0', { dialogId: outcome.ok ? outcome.dialogId : '' });
    expect(behind.sent[0]).toMatchObject({
      peer: { address: farEnd.address, port: farEnd.port },
      message: { uri: 'sip:far@10.0.0.9:5062' },
    });
  });

  it('strict routers find themselves in the Request-URI (RFC 3261 §12.2.1.1)', async () => {
    const core = await invited({ headers: ['Record-Route: <sip:192.0.2.50>, <sip:192.0.2.51;lr>'] });
    const outcome = await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
    await core.receive(request('ACK', { to: core.takeSent().at(-1)?.headers.to }));
    await core.request('INFO sip:placeholder SIP/2.0', { dialogId: outcome.ok ? outcome.dialogId : '' });
    expect(core.sent[0]?.peer.address).toBe('192.0.2.50');
    const [info] = core.takeSent();
    expect(info.uri).toBe('sip:192.0.2.50');
    expect(info.all('route')).toEqual(['<sip:192.0.2.51;lr>', '<sip:far@192.0.2.7:5070>']);
  });

  it('a BYE before the answer ends the call; the app hears of it as of a CANCEL', async () => {
    const core = await invited();
    await core.respond(core.app.last.txnId, 'SIP/2.0 180 Ringing');
    const { to } = core.takeSent().at(-1)?.headers ?? {};
    await core.receive(request('BYE', { to, cseq: 2 }));
    expect(core.takeFirstLines().sort()).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 487 Request Terminated']);
    expect(core.app.last.message.method).toBe('CANCEL');
    expect(core.counters.dialogs).toBe(0);
  });
});

describe('when an app dies', () => {
  it('its calls get BYE with a Reason, its open INVITEs 503', async () => {
    const { core } = await answered();
    await core.receive(request('INVITE', { callId: 'second' }));
    core.takeSent();
    core.agent.appGone(core.app);
    await core.advance(0);
    const [refusal, bye] = core.takeSent();
    expect(refusal.first).toBe('SIP/2.0 503 Service Unavailable');
    expect(bye.method).toBe('BYE');
    expect(bye.headers.reason).toContain('Application gone');
    await core.advance(128_000);
    expect(core.counters).toMatchObject({ dialogs: 0, clientTransactions: 0, serverTransactions: 0 });
    expect(core.timers.pending).toBe(0);
  });

  it('another app can’t speak for it', async () => {
    const core = await invited();
    const outcome = await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK', new TestApp('other'));
    expect(outcome).toEqual({ ok: false, text: 'Response not sent due to unknown transaction' });
  });
});

describe('call records', () => {
  it('tell of attempt, start and stop', async () => {
    const { core, ok } = await answered();
    await core.receive(request('BYE', { to: ok.headers.to, cseq: 2 }));
    expect(core.app.cdrs).toEqual([
      'attempt|network|time',
      'start|application|time|uas',
      'stop|network|time|normal-release',
    ]);
  });
});
