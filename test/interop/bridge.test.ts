/** Calls out to a softphone by others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Baresip, missingForBaresip } from '../demo/baresip.ts';
import { correlate } from '../demo/correlate.ts';
import { PHONE_RATE_HZ, readWav, resample } from '../demo/sound.ts';
import { BaresipPhones } from '../support/baresip-phones.ts';
import { Carrier } from '../support/carrier.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

const trunk = (name: string, { sipPort }: Baresip, more: string) =>
  `  - { name: ${name}, to: 'sip:127.0.0.1:${sipPort}', ${more} }`;
const rule = (called: string, name: string) =>
  `  - { name: ${name}, match: { called: ${called} }, action: { bridge: { trunk: ${name}, number: '700', dtmf: w5 } } }`;

/** A fixture, at the rate of telephones. */
function speech(name: string): Int16Array {
  return resample(
    readWav(fileURLToPath(new URL(`../fixtures/speech/${name}.wav`, import.meta.url))),
    PHONE_RATE_HZ,
  );
}
const ada = speech('ada');
const phoneWords = speech('phone');

/** How much what somebody heard in the last so many seconds is like a second of these words. */
function likeness(who: Baresip, words: Int16Array, seconds: number): number {
  const { samples, rateHz } = who.recorded();
  const last = { samples: samples.subarray(-seconds * rateHz), rateHz };
  return correlate(resample(last, PHONE_RATE_HZ), words.subarray(2 * PHONE_RATE_HZ, 3 * PHONE_RATE_HZ))
    .correlation;
}

/** Long enough for all of the words. */
const listenSeconds = 10;

async function listened(who: Baresip): Promise<void> {
  const heard = (): number => {
    const { samples, rateHz } = who.recorded();
    return samples.length / rateHz;
  };
  const before = heard();
  await until('enough was heard', () => heard() - before > listenSeconds, 3 * listenSeconds * 1000);
}

describeWith([missingForBaresip(), missingForGateway()], 'a call that is connected with baresip', () => {
  let phones: BaresipPhones;
  let folder: string;
  let carrier: Carrier;
  const called: Baresip[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bridge-'));
    carrier = await Carrier.open();
    const accounts = ['', ';mediaenc=srtp-mand'].map((account) => `${account};answermode=auto`);
    for (const [index, account] of accounts.entries())
      called.push(await Baresip.start(join(folder, `phone-${index}`), '700', account));
    const plan = [
      'version: 1',
      'trunks:',
      '  - { name: desk, sources: [127.0.0.1], srtp: prefer }',
      trunk('plain', called[0], 'srtp: off, codecs: [PCMA, PCMU]'),
      trunk('encrypted', called[1], 'srtp: require'),
      `  - { name: early, to: '${carrier.uri}', srtp: off }`,
      'rules:',
      rule('7000', 'plain'),
      rule('7001', 'encrypted'),
      rule('7002', 'early'),
      '',
    ];
    const plans = await mkdtemp(join(folder, 'plans-'));
    await writeFile(join(plans, 'plan.yaml'), plan.join('\n'));
    phones = await BaresipPhones.start(['--dialPlans.folder', plans]);
  });
  afterEach(() => phones.closePhones());
  afterAll(async () => {
    await phones.gateway.close();
    for (const one of [carrier, ...called]) await one.close();
    await rm(folder, { recursive: true, force: true });
  });

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
      await Promise.all([phone.speak(phoneWords), other.speak(ada)]);
      await Promise.all([listened(phone), listened(other)]);
      expect(likeness(other, phoneWords, listenSeconds)).toBeGreaterThan(0.7);
      expect(likeness(phone, ada, listenSeconds)).toBeGreaterThan(0.7);
      // Nobody hears itself.
      expect(likeness(phone, phoneWords, listenSeconds)).toBeLessThan(0.4);
      const out = (await phones.gateway.calls()).find(({ direction }) => direction === 'outbound');
      expect(out?.media?.encryption).toMatch(encryption);
      other.hangUp();
      await phones.noCallIsLeft();
    },
    90_000,
  );

  it('is heard before it is answered, by a baresip that is not either', async () => {
    const phone = await phones.phone('4930701');
    carrier.serverPort = phones.gateway.sipPort;
    phone.dial(phones.uri('7002'));
    carrier.announce(await carrier.called());
    carrier.phone.speak((from) => ada.subarray(from % (ada.length - 160)).subarray(0, 160));
    await listened(phone);
    expect(likeness(phone, ada, listenSeconds)).toBeGreaterThan(0.7);
    const calls = await phones.gateway.calls();
    expect(calls.map(({ state, answeredAt }) => [state, answeredAt]).sort()).toEqual([
      ['bridging', null],
      ['calling', null],
    ]);
    carrier.ua.reply(carrier.invite, 404);
    await phones.noCallIsLeft();
    expect(phone.printOut.trace.messages.map(({ title }) => title)).toContain('404 Not Found');
  }, 90_000);
});
