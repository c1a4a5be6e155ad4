/** Calls out to a softphone by others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Baresip, missingForBaresip } from '../demo/baresip.ts';
import { tone, toneDb } from '../support/audio.ts';
import { BaresipPhones } from '../support/baresip-phones.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

const trunk = (name: string, { sipPort }: Baresip, more: string) =>
  `  - { name: ${name}, to: 'sip:127.0.0.1:${sipPort}', ${more} }`;
const rule = (called: string, name: string) =>
  `  - { name: ${name}, match: { called: ${called} }, action: { bridge: { trunk: ${name}, number: '700', dtmf: w5 } } }`;

describeWith([missingForBaresip(), missingForGateway()], 'a call that is connected with baresip', () => {
  let phones: BaresipPhones;
  let folder: string;
  const called: Baresip[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bridge-'));
    const accounts = ['', ';mediaenc=srtp-mand'].map((account) => `${account};answermode=auto`);
    for (const [index, account] of accounts.entries())
      called.push(await Baresip.start(join(folder, `phone-${index}`), '700', account));
    const plan = [
      'version: 1',
      'trunks:',
      trunk('plain', called[0], 'srtp: off, codecs: [PCMA, PCMU]'),
      trunk('encrypted', called[1], 'srtp: require'),
      'rules:',
      rule('7000', 'plain'),
      rule('7001', 'encrypted'),
      '',
    ];
    const plans = await mkdtemp(join(folder, 'plans-'));
    await writeFile(join(plans, 'plan.yaml'), plan.join('\n'));
    phones = await BaresipPhones.start(['--dialPlans.folder', plans]);
  });
  afterEach(() => phones.closePhones());
  afterAll(async () => {
    await phones.gateway.close();
    for (const one of called) await one.close();
    await rm(folder, { recursive: true, force: true });
  });

  function hears(who: Baresip, hz: number): boolean {
    const { samples, rateHz } = who.recorded();
    return toneDb(samples.slice(-rateHz / 2), hz, rateHz) > -25;
  }

  it.each([
    ['in plain', '7000', 0, 'none'],
    ['encrypted', '7001', 1, 'srtp-sdes/'],
  ] as const)(
    '%s: both hear each other, and either’s hanging up ends both',
    async (_what, number, index, encryption) => {
      const phone = await phones.phone('4930700');
      const other = called[index];
      phone.dial(phones.uri(number));
      await until('they talk', async () =>
        (await phones.gateway.calls()).some(
          ({ direction, state }) => direction === 'outbound' && state === 'talking',
        ),
      );
      await Promise.all([phone.speak(tone(350, 8000, 20 * 8000)), other.speak(tone(800, 8000, 20 * 8000))]);
      await until('the called side hears the caller', () => hears(other, 350), 25_000);
      await until('the caller hears the called side', () => hears(phone, 800), 25_000);
      const out = (await phones.gateway.calls()).find(({ direction }) => direction === 'outbound');
      expect(out?.media?.encryption).toMatch(encryption);
      other.hangUp();
      await phones.noCallIsLeft();
    },
    90_000,
  );
});
