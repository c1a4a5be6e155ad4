import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tone, toneDb, toneDbMostly } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';
import { passFor } from '../support/room-door.ts';

describeWith([missingForGateway()], 'somebody dials a number and types a PIN', () => {
  let gateway: TestGateway;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
  });
  afterAll(() => gateway.close());

  async function caller(user?: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort, user);
    open.push(one);
    return one;
  }

  /** Somebody in a browser, as the room page would join them. */
  async function person(room: string, name = 'Ada'): Promise<RtcParticipant> {
    const { url, token } = await passFor(gateway.httpUrl, room, name);
    const one = await RtcParticipant.join(url, token);
    open.push(one);
    return one;
  }

  it('hears the prompt, types the PIN, and talks with a person in the room', async () => {
    const { pins } = await gateway.meeting('talk');
    const ada = await person('talk');
    await ada.publishTone(600);
    const phone = await caller('4930111222');
    const call = phone.invite('1000');
    await call.response(100);
    await call.response(180);
    await call.response(200);
    call.ack();
    await phone.hangUp();

    const again = await caller('4930111222');
    await again.dial('1000');
    await again.hears('welcome');
    again.type(`${pins.guest}#`);
    await ada.until('the caller is in the room', () => ada.other('sip_4930111222') !== undefined);
    expect(ada.other('sip_4930111222')).toMatchObject({
      name: 'Phone 4930111222',
      sip: true,
      attributes: { 'sip.phoneNumber': '4930111222', 'sip.callStatus': 'active', 'gateway.role': 'guest' },
    });

    again.phone.speak((from) => tone(440, 8000, 160, from));
    const heard = await ada.record('sip_4930111222', 3000);
    expect(toneDbMostly(heard.subarray(48_000), 440, 48_000)).toBeGreaterThan(-16);
    await ada.until('the caller is an active speaker', () => ada.hasSpoken('sip_4930111222'));
    await until('the caller hears Ada', () => toneDb(again.phone.heard(500), 600) > -20);
    // Nobody hears themselves.
    expect(toneDb(again.phone.heard(500), 440)).toBeLessThan(-45);

    const [view] = await gateway.calls();
    expect(view).toMatchObject({
      state: 'in-room',
      room: 'talk',
      participant: 'sip_4930111222',
      role: 'guest',
    });
    expect(view.media).toMatchObject({ codec: 'PCMU', publishedCodec: 'PCMU' });
    expect(view.media?.quality?.received.mos).toBeGreaterThan(1);
    await again.hangUp();
    const record = await until('the record', async () =>
      (await gateway.records()).find(({ id }) => id === view.id),
    );
    expect(record.media?.quality?.received).toMatchObject({
      mos: expect.any(Number) as number,
      clippedMs: 0,
    });
    expect((await (await fetch(`${gateway.httpUrl}/metrics`)).text()).replaceAll('\n', ' ')).toMatch(
      /gateway_call_mos_count\{direction="received"\} [1-9]/,
    );
    await ada.until('the caller is gone', () => ada.other('sip_4930111222') === undefined);
  });

  it('lets two callers of one number hear each other and says who comes and goes', async () => {
    const { pins } = await gateway.meeting('two');
    const [first, second] = [await caller('4930777'), await caller('4930777')];
    await first.dial('1000');
    first.type(`${pins.guest}#`);
    await first.hears('first-here');
    await second.dial('1000');
    second.type(`${pins.host}#`);
    await until('both are in the room', async () => {
      const calls = await gateway.calls();
      return calls.filter(({ state }) => state === 'in-room').length === 2;
    });
    const calls = await gateway.calls();
    expect(new Set(calls.map(({ participant }) => participant)).size).toBe(2);
    expect(calls.map(({ role }) => role).sort()).toEqual(['guest', 'host']);
    first.phone.speak((from) => tone(500, 8000, 160, from));
    second.phone.speak((from) => tone(900, 8000, 160, from));
    await until('the first hears the second', () => toneDb(first.phone.heard(400), 900) > -18);
    await until('the second hears the first', () => toneDb(second.phone.heard(400), 500) > -18);
    expect(toneDb(first.phone.heard(400), 500)).toBeLessThan(-45);
    await second.hangUp();
    // Alone again: music.
    await until('music', () => toneDb(first.phone.heard(400), 900) < -45 && first.levelDb(1000) > -45);
    await first.hangUp();
  });

  it('keeps a guest out, with music, until a host is there', async () => {
    const { pins } = await gateway.meeting('lobby', { waitForHost: true });
    const guest = await caller('4930333');
    await guest.dial('1000');
    guest.type(`${pins.guest}#`);
    await guest.hears('wait-for-host');
    expect((await gateway.calls())[0]).toMatchObject({ state: 'waiting-for-host', participant: null });
    const host = await caller('4930444');
    await host.dial('1000');
    host.type(`${pins.host}#`);
    await until('the guest is let in', async () =>
      (await gateway.calls()).every(({ state }) => state === 'in-room'),
    );
    host.phone.speak((from) => tone(700, 8000, 160, from));
    await until('the guest hears the host', () => toneDb(guest.phone.heard(400), 700) > -18);
    await Promise.all([guest.hangUp(), host.hangUp()]);
  });

  it('takes digits by INFO in both forms', async () => {
    const { pins } = await gateway.meeting('info');
    const phone = await caller();
    await phone.dial('1000');
    expect(await phone.typeByInfo(pins.guest, 'dtmf-relay')).toEqual(Array(pins.guest.length).fill(200));
    expect(await phone.typeByInfo('#', 'dtmf')).toEqual([200]);
    await phone.hears('first-here');
    await phone.hangUp();
  });

  it('gives three tries, says each time what is wrong, and hangs up with the reason', async () => {
    const phone = await caller('4930555');
    await phone.dial('1000');
    await phone.guess('000000', 'pin-wrong');
    await phone.guess('000001', 'pin-wrong-last');
    await phone.guess('000002', 'goodbye-wrong-pin');
    expect(await phone.hungUp()).toMatch(/cause=21.*PIN was wrong/);
    await until('the record is kept', async () =>
      (await gateway.records()).some(
        ({ from, endReason }) => from === '4930555' && endReason === 'wrong-pin',
      ),
    );
    expect(gateway.log()).not.toContain('000002');
    expect(gateway.log()).not.toContain('4930555');
  });

  it('mutes by *6, which people see, and leaves by ##', async () => {
    const { pins } = await gateway.meeting('keys');
    const ada = await person('keys');
    const phone = await caller('4930666');
    await phone.dial('1000');
    phone.type(`${pins.guest}#`);
    await ada.until('the caller is in the room', () => ada.other('sip_4930666') !== undefined);
    phone.type('*6');
    await ada.until('the caller is shown as muted', () => ada.other('sip_4930666')?.muted === true);
    await phone.hears('muted');
    phone.type('*6');
    await ada.until('the caller is shown as unmuted', () => ada.other('sip_4930666')?.muted === false);
    phone.type('##');
    expect(await phone.hungUp()).toContain('pressed ##');
    await ada.until('the caller is gone', () => ada.other('sip_4930666') === undefined);
  });

  it('joins a room by its address without a PIN where the plan says so', async () => {
    const phone = await caller('4930888');
    await phone.dial('demo');
    await phone.hears('first-here');
    expect((await gateway.calls())[0]).toMatchObject({ state: 'alone', room: 'demo' });
    await phone.hangUp();
  });

  it('refuses an address that no rule knows, with the reason in words', async () => {
    const phone = await caller('4930999');
    const refusal = await phone.invite('nowhere').response(404);
    phone.call.ackRefusal();
    expect(refusal.headers.warning).toMatch(/No dial plan rule matches/);
  });

  it('hangs up and mutes by the API', async () => {
    const phone = await caller('4931000');
    await phone.dial('demo');
    await phone.hears('first-here');
    const [{ id }] = await gateway.calls();
    expect(
      (await gateway.api(`/calls/${id}/mute`, { method: 'POST', body: { muted: true } })).status,
    ).toBeLessThan(300);
    await phone.hears('muted');
    expect((await gateway.api(`/calls/${id}`, { method: 'DELETE' })).status).toBeLessThan(300);
    expect(await phone.hungUp()).toContain('administrator');
    await until('the call is gone', async () => (await gateway.api(`/calls/${id}`)).status === 404);
  });

  it('plays the caller back to itself at the echo test', async () => {
    const phone = await caller();
    await phone.dial('9196');
    await phone.hears('echo-test');
    phone.phone.speak((from) => tone(350, 8000, 160, from));
    await until('the echo is heard', () => toneDb(phone.phone.heard(400), 350) > -14, 15_000);
    phone.type('##');
    await phone.hungUp();
  });
});
