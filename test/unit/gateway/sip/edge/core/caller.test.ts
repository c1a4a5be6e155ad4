import { describe, expect, it } from 'vitest';
import { stack } from '../../../../../support/clause.ts';
import { answer, request, SipCore } from '../../../../../support/sip-core.ts';
import type { SipText } from '../../../../../support/sip-ua.ts';

const target = 'sip:them@192.0.2.7:5070';

async function calling(): Promise<{ core: SipCore; invite: SipText; txnId: string; dialogId: string }> {
  const core = new SipCore();
  const outcome = await core.request(`INVITE ${target} SIP/2.0`);
  const [invite] = core.takeSent();
  if (!outcome.ok) throw new Error('not sent');
  return { core, invite, txnId: outcome.txnId, dialogId: outcome.dialogId };
}

/** The first of a domain's two is asked first. */
function twoServers(): SipCore {
  const srv = (name: string, priority: number) => ({ name, priority, port: 5060, weight: 1 });
  return new SipCore({
    dns: {
      srv: () => Promise.resolve([srv('a.example', 1), srv('b.example', 2)]),
      addresses: (name) => Promise.resolve([name === 'a.example' ? '192.0.2.1' : '192.0.2.2']),
    },
  });
}

const statuses = (core: SipCore): number[] => core.app.delivered.map(({ message }) => message.status);

describe('a call of an app', () => {
  it('is completed with what the app left out, and shows the public address', async () => {
    const { invite } = await calling();
    expect(invite.headers.via).toContain('SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK');
    expect(invite.headers.contact).toBe('<sip:203.0.113.5:5060>');
    expect(invite.headers.to).toBe(`<${target}>`);
    expect(invite.headers.from).toMatch(/^<sip:203\.0\.113\.5:5060>;tag=/);
  });

  it('fails with 408 when nobody answers', stack('RFC 3261 §17.1.1.2'), async () => {
    const { core, dialogId } = await calling();
    await core.advance(5_999);
    expect(core.takeFirstLines()).toHaveLength(3);
    await core.advance(1);
    expect(core.app.last).toMatchObject({
      dialogId,
      meta: { source: 'network', bytes: 0, address: '', port: 0 },
    });
    expect(statuses(core)).toEqual([408]);
    await core.advance(26_000);
    expect(statuses(core)).toEqual([408]);
    expect(core.timers.pending).toBe(0);
    expect(core.context.outgoing.size).toBe(0);
  });

  it('is not given up while somebody works on it', async () => {
    const { core, invite } = await calling();
    await core.receive(answer(invite, 100));
    await core.advance(60_000);
    expect(statuses(core)).toEqual([]);
  });

  it('is cancelled where somebody wakes up too late', stack('RFC 3261 §9.1'), async () => {
    const { core, invite } = await calling();
    await core.advance(7_000);
    core.takeSent();
    await core.receive(answer(invite, 180));
    const [cancel] = core.takeSent();
    expect([cancel.method, cancel.headers.via]).toEqual(['CANCEL', invite.headers.via]);
    await core.receive(answer(invite, 487));
    expect(core.takeSent().map(({ method }) => method)).toEqual(['ACK']);
    expect(statuses(core)).toEqual([408]);
  });

  it('is hung up where somebody answers too late', stack('RFC 3261 §15'), async () => {
    const { core, invite } = await calling();
    await core.advance(7_000);
    core.takeSent();
    for (const _ of [1, 2]) await core.receive(answer(invite, 200, { contact: '<sip:late@192.0.2.8>' }));
    expect(core.takeFirstLines()).toEqual([
      'ACK sip:late@192.0.2.8 SIP/2.0',
      'BYE sip:late@192.0.2.8 SIP/2.0',
      'ACK sip:late@192.0.2.8 SIP/2.0',
    ]);
    expect(statuses(core)).toEqual([408]);
    await core.advance(64_000);
    expect(core.counters.dialogs).toBe(0);
    expect(core.context.outgoing.size).toBe(0);
  });

  it.each([
    ['INVITE', 6_000],
    ['OPTIONS', 32_000],
  ])(
    'goes to the next server when the first says nothing to an %s',
    stack('RFC 3263 §4.3'),
    async (method, patienceMs) => {
      const core = twoServers();
      await core.request(`${method} sip:them@carrier.example;transport=udp SIP/2.0`);
      await core.advance(patienceMs - 1);
      expect(new Set(core.sent.map(({ peer }) => peer.address))).toEqual(new Set(['192.0.2.1']));
      const [first] = core.takeSent();
      await core.advance(1);
      expect(core.sent.map(({ peer }) => peer.address)).toEqual(['192.0.2.2']);
      const [second] = core.takeSent();
      expect(second.headers.via).not.toBe(first.headers.via);
      expect(second.headers).toMatchObject({
        'call-id': first.headers['call-id'],
        cseq: first.headers.cseq,
      });
      await core.receive(answer(second, 200));
      expect(statuses(core)).toEqual([200]);
      expect(core.counters.failovers).toBe(1);
    },
  );

  it('fails with 408 when no server says anything', stack('RFC 3263 §4.3'), async () => {
    const core = twoServers();
    await core.request('INVITE sip:them@carrier.example;transport=udp SIP/2.0');
    await core.advance(11_999);
    expect(statuses(core)).toEqual([]);
    await core.advance(1);
    expect(statuses(core)).toEqual([408]);
    await core.advance(32_000);
    expect(core.timers.pending).toBe(0);
  });

  it('fails with 503 when it can’t be sent', stack('RFC 3261 §8.1.3.1'), async () => {
    const core = new SipCore();
    core.broken = true;
    await core.request(`INVITE ${target} SIP/2.0`);
    expect(statuses(core)).toEqual([503]);
    expect(core.counters.clientTransactions).toBe(0);
  });

  it(
    'keeps 100 to itself and passes other provisional responses on',
    stack('RFC 3261 §13.2.2.1'),
    async () => {
      const { core, invite } = await calling();
      await core.receive(answer(invite, 100));
      await core.receive(answer(invite, 180));
      expect(statuses(core)).toEqual([180]);
    },
  );

  it(
    'takes the first answer of several forks; the others are acknowledged and ended',
    stack('RFC 3261 §13.2.2.4'),
    async () => {
      const { core, invite, dialogId } = await calling();
      await core.receive(answer(invite, 180, { tag: 'a' }));
      await core.receive(answer(invite, 180, { tag: 'b' }));
      expect(core.counters.dialogs).toBe(2);
      await core.receive(answer(invite, 200, { tag: 'a' }));
      await core.request('ACK sip:x SIP/2.0', { dialogId });
      core.takeSent();
      await core.receive(answer(invite, 200, { tag: 'b', contact: '<sip:b@192.0.2.8>' }));
      const sent = core.takeSent();
      expect(sent.map(({ first }) => first)).toEqual([
        'ACK sip:b@192.0.2.8 SIP/2.0',
        'BYE sip:b@192.0.2.8 SIP/2.0',
      ]);
      expect(sent.every(({ headers }) => headers.to?.endsWith('tag=b'))).toBe(true);
      expect(statuses(core).filter((status) => status === 200)).toHaveLength(1);
      expect(core.counters.dialogs).toBe(1);
    },
  );

  it('ends early dialogs of other forks 64·T1 after the answer', stack('RFC 3261 §13.2.2.4'), async () => {
    const { core, invite, dialogId } = await calling();
    await core.receive(answer(invite, 180, { tag: 'b' }));
    await core.receive(answer(invite, 200, { tag: 'a' }));
    await core.request('ACK sip:x SIP/2.0', { dialogId });
    await core.advance(32_000);
    expect(core.counters).toMatchObject({ dialogs: 1, clientTransactions: 0 });
  });

  it('acknowledges a repeated answer again, without the app', stack('RFC 3261 §13.2.2.4'), async () => {
    const { core, invite, dialogId } = await calling();
    await core.receive(answer(invite, 200));
    await core.request('ACK sip:x SIP/2.0', { dialogId });
    const [ack] = core.takeSent();
    await core.receive(answer(invite, 200));
    expect(core.takeSent()[0]?.raw).toBe(ack.raw);
    expect(statuses(core)).toEqual([200]);
  });

  it('sends its CANCEL only after a provisional response', stack('RFC 3261 §9.1'), async () => {
    const { core, invite, txnId } = await calling();
    expect(await core.request(`CANCEL ${target} SIP/2.0`, { txnId })).toMatchObject({ ok: true });
    expect(core.takeSent()).toEqual([]);
    await core.receive(answer(invite, 100));
    const [cancel] = core.takeSent();
    expect(cancel.method).toBe('CANCEL');
    expect(cancel.headers.via).toBe(invite.headers.via);
    await core.advance(32_000);
    expect(statuses(core)).toEqual([408]);
  });

  it(
    'that was cancelled and answered all the same is ended after the ACK',
    stack('RFC 3261 §15'),
    async () => {
      const { core, invite, txnId, dialogId } = await calling();
      await core.receive(answer(invite, 180));
      await core.request(`CANCEL ${target} SIP/2.0`, { txnId });
      await core.receive(answer(invite, 200));
      core.takeSent();
      await core.request('ACK sip:x SIP/2.0', { dialogId });
      expect(core.takeSent().map(({ method }) => method)).toEqual(['ACK', 'BYE']);
      expect(core.app.delivered.some((each) => each.txnId === 'unsolicited')).toBe(true);
    },
  );

  it('takes reliable responses in their order only', stack('RFC 3262 §4'), async () => {
    const { core, invite } = await calling();
    const reliable = (rseq: number): string =>
      answer(invite, 183, { headers: ['Require: 100rel', `RSeq: ${rseq}`] });
    for (const rseq of [5, 5, 7, 6]) await core.receive(reliable(rseq));
    expect(core.app.delivered.map(({ message }) => message.headers.rseq)).toEqual(['5', '6']);
  });

  it('is refused beyond the bound on dialogs, and takes no more than 16 early forks', async () => {
    const full = new SipCore({ maxDialogs: 0 });
    const refused = await full.request(`INVITE ${target} SIP/2.0`);
    expect(refused).toEqual({ ok: false, text: 'Server error: too many dialogs' });

    const { core, invite } = await calling();
    for (let fork = 0; fork < 40; fork += 1) await core.receive(answer(invite, 180, { tag: `f${fork}` }));
    expect(core.counters.dialogs).toBe(16);
    await core.receive(answer(invite, 200, { tag: 'f39' }));
    expect(statuses(core).at(-1)).toBe(200);
  });

  it('needs a dialog or a transaction that is there', async () => {
    const core = new SipCore();
    const texts: string[] = [];
    for (const [text, address] of [
      ['INFO sip:placeholder SIP/2.0', { dialogId: 'gone' }],
      ['ACK sip:placeholder SIP/2.0', { dialogId: 'gone' }],
      [`CANCEL ${target} SIP/2.0`, { txnId: 'gone' }],
      ['FROB sip:x@192.0.2.7 SIP/2.0', {}],
      ['OPTIONS bogus SIP/2.0', {}],
    ] as const) {
      const outcome = await core.request(text, address);
      texts.push(outcome.ok ? 'sent' : outcome.text);
    }
    expect(texts).toEqual([
      'Server error: unable to find dialog for dialog id provided',
      'Server error: ACK for non-success final response is automatically generated by server',
      'unable to cancel unknown transaction id: gone',
      'invalid request-uri: FROB sip:x@192.0.2.7 SIP/2.0',
      'invalid request-uri: OPTIONS bogus SIP/2.0',
    ]);
  });

  it('of an app that dies is cancelled; an answer that crosses is acknowledged and ended', async () => {
    const { core, invite } = await calling();
    await core.receive(answer(invite, 180));
    core.agent.appGone(core.app);
    expect(core.takeSent().map(({ method }) => method)).toEqual(['CANCEL']);
    await core.receive(answer(invite, 200));
    expect(core.takeSent().map(({ method }) => method)).toEqual(['ACK', 'BYE']);
    await core.advance(128_000);
    expect(core.counters).toMatchObject({ dialogs: 0, clientTransactions: 0 });
    expect(core.timers.pending).toBe(0);
  });

  it('that the callee ends reaches the app as BYE', async () => {
    const { core, invite, dialogId } = await calling();
    await core.receive(answer(invite, 200));
    await core.request('ACK sip:x SIP/2.0', { dialogId });
    const bye = request('BYE', {
      callId: invite.headers['call-id'],
      to: invite.headers.from,
      fromTag: 'them',
    });
    await core.receive(bye);
    expect(core.app.last).toMatchObject({ dialogId, message: { method: 'BYE' } });
    expect(core.counters.dialogs).toBe(0);
  });
});
