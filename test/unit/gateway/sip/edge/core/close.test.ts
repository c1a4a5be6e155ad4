import { expect, it } from 'vitest';
import { embeddedEdge } from '../../../../../support/edge-under-test.ts';
import { FakeTimers } from '../../../../../support/fake-timers.ts';
import { plainSdp, SipUa } from '../../../../../support/sip-ua.ts';
import { SrfApp } from '../../../../../support/srf-app.ts';

it('an edge that is closed in the middle of calls leaves no timer behind', async () => {
  const timers = new FakeTimers();
  const place = await embeddedEdge({ timers });
  const app: SrfApp = await SrfApp.connect(place, {
    invite: (req, res) =>
      req.uri.includes('ringing')
        ? res.send(180)
        : app.srf.createUAS(req, res, { localSdp: plainSdp() }).catch(() => undefined),
  });
  const caller = await SipUa.open({ serverPort: place.sipPort });
  const ringing = caller.invite(`sip:ringing@127.0.0.1:${place.sipPort}`, { body: plainSdp() });
  await ringing.response(180);
  const unacknowledged = caller.invite(`sip:answered@127.0.0.1:${place.sipPort}`, { body: plainSdp() });
  await unacknowledged.response(200);
  const closed = place.edge?.close(50);
  expect((await ringing.response(503)).headers.reason).toContain('Shutting down');
  await closed;
  expect(timers.pending).toBe(0);
  expect(place.edge?.counters).toMatchObject({ dialogs: 0, serverTransactions: 0, clientTransactions: 0 });
  app.disconnect();
  await caller.close();
});
