import { afterEach, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { chosenMixer } from '../support/chosen-parts.ts';
import { missingForGateway } from '../support/gateway.ts';
import { startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

describeWith([missingForGateway()], 'two gateways on one LiveKit', () => {
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  it('their callers meet in a room and go on hearing each other', async () => {
    const livekit = await startLiveKit();
    open.push(livekit);
    // A drachtio-server between would choose which of them is called.
    const env = {
      ...chosenMixer(),
      LIVEKIT_URL: livekit.url,
      LIVEKIT_API_KEY: livekit.apiKey,
      LIVEKIT_API_SECRET: livekit.apiSecret,
    };
    const callers: Caller[] = [];
    const gateways: StartedGateway[] = [];
    for (const frequency of [440, 1000]) {
      const place = await freePlace();
      open.push({ close: () => place.remove() });
      const gateway = new StartedGateway(place, [], env);
      open.push(gateway);
      gateways.push(gateway);
      await gateway.up();
      const caller = await Caller.open(place.sip);
      open.push(caller);
      callers.push(caller);
      await caller.dial('demo');
      caller.phone.speak((from) => tone(frequency, 8000, 160, from));
    }
    const bothHear = (): boolean =>
      toneDb(callers[0].phone.heard(400), 1000) > -20 && toneDb(callers[1].phone.heard(400), 440) > -20;
    await until('they hear each other', bothHear, 30_000);
    // A link that the other gateway's took the place of would come back, and do the same, for ever.
    for (const gateway of gateways) expect(gateway.stderr).not.toContain('room link ended');
  }, 120_000);
});
