import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { passFor } from '../support/room-door.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

describeWith([missingForGateway()], 'a meeting with rules', () => {
  let gateway: TestGateway;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
  });
  afterAll(() => gateway.close());

  async function comesIn(user: string, pin: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort, user);
    open.push(one);
    await one.dial('1000');
    one.type(`${pin}#`);
    return one;
  }

  const inRoom = (count: number) =>
    until(`${count} in the room`, async () => {
      const calls = await gateway.calls();
      return calls.filter(({ state }) => state === 'in-room' || state === 'alone').length === count;
    });

  it('that is locked keeps guests out in words, and its host comes in', async () => {
    const { id, pins } = await gateway.meeting('locked', { locked: true });
    const guest = await comesIn('4930001', pins.guest);
    await guest.hears('meeting-locked');
    expect(await guest.hungUp()).toContain('locked');
    const host = await comesIn('4930002', pins.host);
    await host.hears('first-here');
    const records = await gateway.records();
    expect(records.map(({ endReason }) => endReason)).toContain('meeting-locked');
    await host.hangUp();
    expect((await gateway.api(`/meetings/${id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('that is full takes no more guests, but its host', async () => {
    const { pins } = await gateway.meeting('full', { maxParticipants: 1 });
    const first = await comesIn('4930003', pins.guest);
    await inRoom(1);
    const second = await comesIn('4930004', pins.guest);
    await second.hears('meeting-full');
    expect(await second.hungUp()).toContain('as many participants');
    const host = await comesIn('4930005', pins.host);
    await inRoom(2);
    await Promise.all([first.hangUp(), host.hangUp()]);
  });

  it('counts people in browsers too', async () => {
    const { pins } = await gateway.meeting('seen', { maxParticipants: 1 });
    const { url, token } = await passFor(gateway.httpUrl, 'seen', 'Ada');
    const ada = await RtcParticipant.join(url, token);
    open.push(ada);
    const guest = await comesIn('4930008', pins.guest);
    await guest.hears('meeting-full');
    expect(await guest.hungUp()).toContain('as many participants');
  });

  it('that has not begun, or is over, says so', async () => {
    const schedule = (year: number) => ({
      schedule: { startsAt: `${year}-01-07T10:00`, endsAt: `${year}-01-07T11:00`, zone: 'Europe/Berlin' },
    });
    const later = await gateway.meeting('later', schedule(2099));
    const early = await comesIn('4930006', later.pins.guest);
    await early.hears('meeting-not-yet');
    expect(await early.hungUp()).toContain('not begun');
    const gone = await gateway.meeting('gone', schedule(2020));
    const late = await comesIn('4930007', gone.pins.host);
    await late.hears('room-ended');
    expect(await late.hungUp()).toContain('is over');
  });

  it('tells a webhook what happens in it, with no number in full', async () => {
    const receiver = await new WebhookReceiver().open();
    const { body } = await gateway.api('/webhooks', { method: 'POST', body: { url: receiver.url } });
    const { id, secret } = body as { id: string; secret: string };
    const { pins } = await gateway.meeting('told');
    const guest = await comesIn('4930123456', pins.guest);
    await inRoom(1);
    await guest.hangUp();
    await until('the call is over', () => receiver.types.includes('call.ended'), 15_000);
    const seen = [
      ...['meeting.created', 'call.started', 'call.answered'],
      ...['participant.joined', 'participant.left', 'call.ended'],
    ];
    expect([...receiver.types].sort()).toEqual([...seen].sort());
    expect(receiver.received.every((one) => one.signedBy(secret))).toBe(true);
    expect(JSON.stringify(receiver.received)).not.toContain('4930123456');
    expect(JSON.stringify(receiver.received)).not.toContain(pins.guest);
    await gateway.api(`/webhooks/${id}`, { method: 'DELETE' });
    await receiver.close();
  });
});
