import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Baresip, missingForBaresip } from '../demo/baresip.ts';
import { tone, toneDb } from '../support/audio.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

/** A person's pace: baresip sends one key at a time. */
const keyMs = 150;

describeWith([missingForBaresip(), missingForGateway()], 'baresip calls encrypted', () => {
  let gateway: TestGateway;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(() => gateway.close());

  async function phone(number: string, account: string, settings: readonly string[]): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
    open.push({ close: () => rm(folder, { recursive: true, force: true }) });
    const one = await Baresip.start(folder, number, account, settings);
    open.push(one);
    return one;
  }

  const uri = (user: string) => `sip:${user}@127.0.0.1:${gateway.sipPort}`;

  it.each([
    ['DTLS-SRTP', ';mediaenc=dtls_srtp', ['module dtls_srtp.so']],
    ['DTLS-SRTP on one port', ';mediaenc=dtls_srtp', ['module dtls_srtp.so', 'rtcp_mux yes']],
    ['DTLS-SRTP and ICE', ';mediaenc=dtls_srtp;medianat=ice', ['module dtls_srtp.so', 'module ice.so']],
    [
      'DTLS-SRTP and ICE on one port',
      ';mediaenc=dtls_srtp;medianat=ice',
      ['module dtls_srtp.so', 'module ice.so', 'rtcp_mux yes'],
    ],
    ['ICE alone', ';medianat=ice', ['module ice.so']],
  ] as const)(
    'with %s: hears itself in the echo test, then is in the room',
    async (name, account, settings) => {
      const one = await phone('4930610', account, settings);
      one.dial(uri('9196'));
      await until('the prompt is being heard', () => one.heardSeconds() > 0.5, 20_000);
      await one.speak(tone(350, 8000, 20 * 8000));
      await until('the echo is heard', () => toneDb(one.heard().slice(-4000), 350) > -20, 25_000);
      const [{ media }] = await gateway.calls();
      expect(media?.encryption).toMatch(name.startsWith('DTLS') ? /^dtls-srtp\/A/ : /^none$/);
      one.hangUp();
      await until('the echo test is over', async () => (await gateway.calls()).length === 0);

      const room = `secure-${name.length}`;
      const { pins } = await gateway.meeting(room);
      one.dial(uri('1000'));
      await until('the call is answered', async () =>
        (await gateway.calls()).some((call) => call.answeredAt),
      );
      for (const key of `${pins.guest}#`) {
        one.press(key);
        await pause(keyMs);
      }
      const inRoom = async () => (await gateway.calls()).find((call) => call.participant);
      await until('it is in the room', async () => (await inRoom())?.room === room, 20_000);
      expect((await inRoom())?.media?.packetsReceived).toBeGreaterThan(50);
    },
    90_000,
  );
});
