import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { gateway as clause } from '../support/clause.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { missingForKamailio, startKamailio } from '../support/kamailio.ts';
import type { Proxy } from '../support/kamailio.ts';
import { describeWith } from '../support/needs.ts';
import { missingForSipp, sipp } from '../support/sipp.ts';
import { until } from '../support/until.ts';

const scenarios = [
  'rfc3261-13.2-call',
  'rfc3261-13.2.1-late-offer',
  'rfc3261-9.2-cancel',
  'rfc3264-8.4-hold',
  'rfc3311-5.2-update',
  'rfc3262-3-reliable-ring',
  'rfc3261-13.3.1.3-no-codec',
];

describeWith(
  [missingForKamailio, missingForSipp, missingForGateway()],
  'behind a record-routing kamailio',
  () => {
    let gateway: TestGateway;

    beforeAll(async () => {
      gateway = await startTestGateway();
    });
    afterEach(async () => {
      await until('no call is left', async () => (await gateway.calls()).length === 0, 20_000);
    });
    afterAll(() => gateway.close());

    describe.each(['udp', 'tcp'] as const)('that reaches the gateway over %s', (transport) => {
      let proxy: Proxy;

      beforeAll(async () => {
        proxy = await startKamailio(`sip:127.0.0.1:${gateway.sipPort};transport=${transport}`);
      });
      afterAll(() => proxy.close());

      it.each(scenarios)(
        'SIPp’s %s goes as without a proxy',
        clause('RFC 3261 §16.12.1'),
        async (scenario) => {
          await sipp({ scenario, to: `127.0.0.1:${proxy.port}`, user: '9196' });
        },
      );

      it('hangs up by the way the call came', clause('RFC 3261 §12.2.1.1'), async () => {
        const caller = await Caller.open(proxy.port);
        try {
          const answer = await caller.dial('9196');
          // Two when the proxy changes the transport (RFC 5658 §6).
          expect(answer.all('record-route').length).toBe(transport === 'udp' ? 1 : 2);
          await caller.hears('echo-test');
          caller.phone.speak((from) => tone(350, 8000, 160, from));
          await until('the echo is heard', () => toneDb(caller.phone.heard(400), 350) > -14, 20_000);
          const [{ id }] = await gateway.calls();
          await gateway.api(`/calls/${id}`, { method: 'DELETE' });
          const bye = await caller.ua.nextRequest('BYE');
          caller.ua.reply(bye, 200);
          expect(bye.all('via')).toHaveLength(2);
          expect(bye.headers.via).toContain(`:${proxy.port}`);
        } finally {
          await caller.close();
        }
      });
    });
  },
);
