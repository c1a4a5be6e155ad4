/** Events of a gateway that is killed with -9 while nobody takes them. */
import { afterEach, expect, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { adminToken, missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan } from '../support/plans.ts';
import { freePlace, StartedGateway } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

describeWith([missingForGateway()], 'a gateway that is killed while its webhook’s receiver is away', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  it('tells everything that it had confirmed once it runs again, each thing once', async () => {
    const receiver = await new WebhookReceiver().open();
    open.push(receiver);
    const place = await freePlace();
    open.push({ close: () => place.remove() });
    const first = new StartedGateway(place);
    open.push(first);
    await first.up();
    const { secret } = (await first.api('/webhooks', { url: receiver.url })) as { secret: string };
    await receiver.close();

    const caller = await Caller.open(place.sip);
    open.push(caller);
    await caller.dial('demo');
    await caller.hears('first-here', 'en', 20_000);
    await caller.hangUp();
    const over = await until('its record is written', async () => {
      const { calls } = (await first.api('/calls/records')) as { calls: { id: string }[] };
      return calls.at(0);
    });
    const published = await fetch(`http://127.0.0.1:${place.http}/api/v1/plans/acme`, {
      method: 'PUT',
      headers: {
        ...{ authorization: `Bearer ${adminToken}`, 'if-none-match': '*' },
        'content-type': 'application/json',
      },
      body: JSON.stringify({ text: echoPlan('acme', 2000) }),
    });
    expect(published.status).toBe(201);
    const rooms = ['a', 'b', 'c'];
    for (const room of rooms) await first.meeting(room);
    // At the very moment at which the last one is confirmed.
    first.kill('SIGKILL');
    await first.exited();

    await receiver.open();
    const second = new StartedGateway(place);
    open.push(second);
    await second.up();
    const facts = (): string[] =>
      receiver.received.map(({ body: { type, data } }) =>
        type.startsWith('call.') ? type : `${type} ${String(data.room ?? data.plan)}`,
      );
    const wanted = [
      ...['call.started', 'call.answered', 'participant.joined demo', 'participant.left demo'],
      ...['call.ended', 'plan.published acme'],
      ...rooms.map((room) => `meeting.created ${room}`),
    ];
    // What was on its way at the kill is its dead gateway's for a minute.
    await until('all has come', () => wanted.every((one) => facts().includes(one)), 90_000).catch(
      (error: unknown) => {
        throw new Error(`came: ${facts().join(', ')}`, { cause: error });
      },
    );
    const ids = receiver.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(receiver.received.find(({ body }) => body.type === 'call.ended')?.body.data.call).toBe(over.id);
    expect(receiver.received.every((one) => one.signedBy(secret))).toBe(true);
  }, 180_000);
});
