import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { missingForBaresip } from '../demo/baresip.ts';
import { BaresipPhones } from '../support/baresip-phones.ts';
import { gateway as clause } from '../support/clause.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

/** The target is a number of the same gateway: whoever is sent there is seen to come. */
const plan = (target: string) => `
version: 1
rules:
  - name: echo
    match: { called: 9196 }
    action: echo
  - name: moved
    match: { called: 2400 }
    action: { transfer: { to: '${target}' } }
  - name: reception
    match: { called: 2000 }
    action: { menu: { prompt: welcome, options: { 7: { transfer: { to: '${target}' } } } } }
  - name: nowhere
    match: { called: 2001 }
    action:
      menu: { prompt: welcome, options: { 7: { transfer: { to: '${target.replace('9196', 'nobody')}' } } } }
`;

describeWith([missingForBaresip(), missingForGateway()], 'baresip is transferred', () => {
  let phones: BaresipPhones;
  let folder: string;

  beforeAll(async () => {
    const port = realEdge()?.sipPort ?? (await freePort('127.0.0.1'));
    folder = await mkdtemp(join(tmpdir(), 'plans-'));
    await writeFile(join(folder, 'plan.yaml'), plan(`sip:9196@127.0.0.1:${port}`));
    const options = ['--dialPlans.folder', folder, '--sip.port', String(port), '--demo.room', ''];
    phones = await BaresipPhones.start(options);
  });
  afterEach(() => phones.closePhones());
  afterAll(async () => {
    await phones.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const states = async () => (await phones.gateway.calls()).map(({ state }) => state);
  const recordOf = async (number: string, rule: string) =>
    (await phones.gateway.records()).find((one) => one.from === number && one.rule === rule);

  it(
    'by REFER, once it is answered: calls there, and is let go here',
    { ...clause('RFC 3515 §2.4.4'), timeout: 60_000 },
    async () => {
      const phone = await phones.phone('4930700');
      phone.dial(phones.uri('2000'));
      await until('it is in the menu', async () => (await states()).includes('in-menu'), 20_000);
      phone.press('7');
      await until('it is at the other number', async () => (await states()).includes('echo'), 20_000);
      const record = await until('the first call is over', () => recordOf('4930700', 'reception'));
      expect(record.endReason).toBe('transferred');
      phone.hangUp();
    },
  );

  it(
    'to where nobody is: is back in the menu',
    { ...clause('RFC 3515 §2.4.4'), timeout: 60_000 },
    async () => {
      const phone = await phones.phone('4930701');
      phone.dial(phones.uri('2001'));
      await until('it is in the menu', async () => (await states()).includes('in-menu'), 20_000);
      phone.press('7');
      await until(
        'it is back in the menu',
        async () => {
          const [call] = await phones.gateway.calls();
          return (
            call.state === 'in-menu' && phone.printOut.trace.messages.some(({ title }) => title === 'NOTIFY')
          );
        },
        20_000,
      );
      phone.hangUp();
      const record = await until('the record', () => recordOf('4930701', 'nowhere'));
      expect(record.steps.at(-2)).toMatchObject({ kind: 'transfer', outcome: 'failed' });
    },
  );

  it(
    'by a redirection, before the answer: calls there',
    { ...clause('RFC 3261 §21.3.3'), timeout: 60_000 },
    async () => {
      const phone = await phones.phone('4930702');
      phone.dial(phones.uri('2400'));
      await until('it is at the other number', async () => (await states()).includes('echo'), 20_000);
      expect((await recordOf('4930702', 'moved'))?.endReason).toBe('transferred');
      phone.hangUp();
    },
  );
});
