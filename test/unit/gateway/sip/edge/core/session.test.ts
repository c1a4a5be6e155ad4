import { describe, expect, it } from 'vitest';
import { stack } from '../../../../../support/clause.ts';
import { answer, request, SipCore } from '../../../../../support/sip-core.ts';
import type { SipText } from '../../../../../support/sip-ua.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 203.0.113.5\r\ns=-\r\n';
const takesUpdate = 'Allow: INVITE, ACK, BYE, UPDATE';

/** A call that an app answered with these words about its session. */
async function talking(
  sessionExpires: string,
  { headers = [takesUpdate] }: { headers?: readonly string[] } = {},
): Promise<{ core: SipCore; to: string; dialogId: string }> {
  const core = new SipCore();
  await core.receive(request('INVITE', { branch: 'z9hG4bKinvite', headers }));
  const outcome = await core.respond(
    core.app.last.txnId,
    `SIP/2.0 200 OK\r\nSession-Expires: ${sessionExpires}\r\n\r\n${sdp}`,
  );
  const to = core.takeSent().at(-1)?.headers.to ?? '';
  if (!outcome.ok) throw new Error('not answered');
  await core.receive(request('ACK', { to }));
  core.app.delivered.length = 0;
  return { core, to, dialogId: outcome.dialogId };
}

/** The one request that was sent after so many seconds. */
async function sentAfter(core: SipCore, seconds: number): Promise<SipText> {
  await core.advance(seconds * 1000 - 1);
  expect(core.takeFirstLines()).toEqual([]);
  await core.advance(1);
  const [sent, ...more] = core.takeSent();
  expect(more).toEqual([]);
  return sent;
}

describe('a session that we refresh', () => {
  it('is refreshed at half time by UPDATE, and the app hears nothing', stack('RFC 4028 §7.4'), async () => {
    const { core } = await talking('1800;refresher=uas');
    for (const _ of [1, 2]) {
      const update = await sentAfter(core, 900);
      expect(update.method).toBe('UPDATE');
      expect(update.headers['session-expires']).toBe('1800;refresher=uac');
      expect(update.body).toBe('');
      await core.receive(
        answer(update, 200, { headers: ['Session-Expires: 1800;refresher=uac', 'Require: timer'] }),
      );
    }
    expect(core.app.delivered).toEqual([]);
  });

  it(
    'is refreshed by a re-INVITE with the last description when the peer knows no UPDATE',
    stack('RFC 4028 §7.4'),
    async () => {
      const { core } = await talking('1800;refresher=uas', { headers: ['Allow: INVITE, ACK, BYE'] });
      const invite = await sentAfter(core, 900);
      expect(invite.method).toBe('INVITE');
      expect(invite.body.trimEnd()).toBe(sdp.trimEnd());
      expect(invite.headers['content-type']).toBe('application/sdp');
      await core.receive(answer(invite, 200, { headers: ['Session-Expires: 1800;refresher=uac'] }));
      expect(core.takeSent()[0]?.method).toBe('ACK');
      expect((await sentAfter(core, 900)).method).toBe('INVITE');
      expect(core.app.delivered).toEqual([]);
    },
  );

  it('turns to re-INVITE when UPDATE is refused as unknown', stack('RFC 4028 §7.4'), async () => {
    const { core } = await talking('1800;refresher=uas');
    await core.receive(answer(await sentAfter(core, 900), 405));
    await core.advance(0);
    expect(core.takeSent()[0]?.method).toBe('INVITE');
  });

  it('takes the longer interval that a 422 asks for', stack('RFC 4028 §7.3'), async () => {
    const { core } = await talking('1800;refresher=uas');
    await core.receive(answer(await sentAfter(core, 900), 422, { headers: ['Min-SE: 3600'] }));
    await core.advance(0);
    expect(core.takeSent()[0]?.headers['session-expires']).toBe('3600;refresher=uac');
  });

  it.each([
    ['names no interval', []],
    ['names one that we keep already', ['Min-SE: 1800']],
    ['names one that nobody can read', ['Min-SE: soon']],
  ])('does not ask a peer on and on whose 422 %s', stack('RFC 4028 §7.3'), async (_what, headers) => {
    const { core } = await talking('1800;refresher=uas');
    await core.receive(answer(await sentAfter(core, 900), 422, { headers }));
    // What else is refused is tried again after a sixth of the interval.
    expect((await sentAfter(core, 300)).headers['session-expires']).toBe('1800;refresher=uac');
  });

  it('tries again after glare, and ends the call when time is over', stack('RFC 4028 §10'), async () => {
    const { core } = await talking('90;refresher=uas');
    await core.receive(answer(await sentAfter(core, 45), 491));
    const second = await sentAfter(core, 4);
    expect(second.method).toBe('UPDATE');
    await core.receive(answer(second, 500));
    const bye = await sentAfter(core, 11);
    expect(bye.method).toBe('BYE');
    expect(bye.headers.reason).toContain('Session expired');
    expect(core.app.last).toMatchObject({ txnId: 'unsolicited', meta: { source: 'application' } });
    expect(core.app.cdrs.at(-1)).toBe('stop|application|time|session-expired');
    await core.receive(answer(bye, 200));
    await core.advance(64_000);
    expect(core.timers.pending).toBe(0);
  });

  it.each([
    ['481, after a restart', 481],
    ['nothing at all', 408],
  ] as const)('ends at once when the peer says %s', stack('RFC 3261 §12.2.1.2'), async (_name, status) => {
    const { core } = await talking('1800;refresher=uas');
    const update = await sentAfter(core, 900);
    if (status === 481) await core.receive(answer(update, 481));
    else await core.advance(32_000);
    expect(core.takeSent().at(-1)?.method).toBe('BYE');
    expect(core.app.last.message.method).toBe('BYE');
  });

  it('is not refreshed across an INVITE of the peer’s', stack('RFC 3261 §14.1'), async () => {
    const { core, to } = await talking('1800;refresher=uas');
    await core.advance(899_000);
    await core.receive(request('INVITE', { to, cseq: 2 }));
    core.takeSent();
    await core.advance(1000);
    expect(core.takeSent()).toEqual([]);
  });

  it('goes on alone with a peer that does not know session timers', stack('RFC 4028 §7.2'), async () => {
    const { core } = await talking('1800;refresher=uas');
    await core.receive(answer(await sentAfter(core, 900), 200));
    expect((await sentAfter(core, 900)).method).toBe('UPDATE');
  });
});

describe('a session that the peer refreshes', () => {
  it('ends by BYE a little before its end', stack('RFC 4028 §10'), async () => {
    const { core } = await talking('1800;refresher=uac');
    const bye = await sentAfter(core, 1800 - 32);
    expect(bye.method).toBe('BYE');
    expect(core.app.last.message.method).toBe('BYE');
  });

  it.each(['INVITE', 'UPDATE'])('lives on by its %s', stack('RFC 4028 §9'), async (method) => {
    const { core, to } = await talking('90;refresher=uac');
    await core.advance(50_000);
    await core.receive(request(method, { to, cseq: 2, headers: ['Session-Expires: 90;refresher=uac'] }));
    await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK\r\nSession-Expires: 90;refresher=uac');
    if (method === 'INVITE') await core.receive(request('ACK', { to, cseq: 2 }));
    core.takeSent();
    expect((await sentAfter(core, 60)).method).toBe('BYE');
  });

  it('has no end any more when a refresh says nothing of it', stack('RFC 4028 §9'), async () => {
    const { core, to } = await talking('90;refresher=uac');
    await core.receive(request('UPDATE', { to, cseq: 2 }));
    await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
    core.takeSent();
    await core.advance(3_600_000);
    expect(core.takeSent()).toEqual([]);
    expect(core.timers.pending).toBe(0);
  });

  it('must not become too short', stack('RFC 4028 §9'), async () => {
    const { core, to } = await talking('90;refresher=uac');
    await core.receive(request('UPDATE', { to, cseq: 2, headers: ['Session-Expires: 30'] }));
    const [refusal] = core.takeSent();
    expect(refusal.first).toBe('SIP/2.0 422 Session Interval Too Small');
    expect(refusal.headers['min-se']).toBe('90');
    expect(core.app.delivered).toEqual([]);
  });

  it('leaves no timer behind when the call ends', stack('RFC 4028 §10'), async () => {
    const { core, to } = await talking('1800;refresher=uac');
    await core.receive(request('BYE', { to, cseq: 2 }));
    await core.respond(core.app.last.txnId, 'SIP/2.0 200 OK');
    await core.advance(64_000);
    expect(core.timers.pending).toBe(0);
  });
});

describe('a call of ours', () => {
  async function called(sessionExpires: string): Promise<{ core: SipCore; dialogId: string }> {
    const core = new SipCore();
    const outcome = await core.request('INVITE sip:them@192.0.2.7:5070 SIP/2.0\r\nSession-Expires: 1800');
    const [invite] = core.takeSent();
    const dialogId = outcome.ok ? outcome.dialogId : '';
    await core.receive(answer(invite, 200, { headers: [`Session-Expires: ${sessionExpires}`, takesUpdate] }));
    await core.request('ACK sip:x SIP/2.0', { dialogId });
    core.takeSent();
    core.app.delivered.length = 0;
    return { core, dialogId };
  }

  it('is refreshed by us unless the answer says otherwise', stack('RFC 4028 §7.2'), async () => {
    const { core } = await called('1800');
    expect((await sentAfter(core, 900)).method).toBe('UPDATE');
    expect((await sentAfter((await called('1800;refresher=uas')).core, 1768)).method).toBe('BYE');
  });

  it(
    'is refreshed by the app’s own requests too, in the roles there are',
    stack('RFC 4028 §7.4'),
    async () => {
      const { core, dialogId } = await called('1800;refresher=uas');
      await core.advance(1_000_000);
      await core.request('UPDATE sip:placeholder SIP/2.0', { dialogId });
      const [update] = core.takeSent();
      expect(update.headers['session-expires']).toBe('1800;refresher=uas');
      await core.receive(answer(update, 200, { headers: ['Session-Expires: 1800;refresher=uas'] }));
      expect((await sentAfter(core, 1768)).method).toBe('BYE');
    },
  );
});
