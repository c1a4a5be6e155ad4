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

describeWith([missingForBaresip(), missingForGateway()], 'baresip calls', () => {
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

  async function phone(number: string, account?: string): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
    open.push({ close: () => rm(folder, { recursive: true, force: true }) });
    const one = await Baresip.start(folder, number, account);
    open.push(one);
    return one;
  }

  function uri(user: string, transport: 'udp' | 'tcp' = 'udp'): string {
    return `sip:${user}@127.0.0.1:${gateway.sipPort};transport=${transport}`;
  }

  /** Speaks a tone until it comes back. */
  async function hearsItself(one: Baresip): Promise<void> {
    await until('the prompt is being heard', () => one.heardSeconds() > 0.5, 20_000);
    await one.speak(tone(350, 8000, 20 * 8000));
    await until('the echo is heard', () => toneDb(one.heard().slice(-4000), 350) > -20, 25_000);
  }

  it.each(['udp', 'tcp'] as const)(
    'the echo test over %s and hears itself; its hanging up ends the call',
    async (transport) => {
      const one = await phone('4930600');
      one.dial(uri('9196', transport));
      await hearsItself(one);
      const [{ media }] = await gateway.calls();
      expect(media?.codec).toBe('PCMU');
      expect(one.printOut.trace.messages.map(({ title }) => title)).toEqual(
        expect.arrayContaining(['INVITE', '100 Trying', '180 Ringing', '200 OK', 'ACK']),
      );
      one.hangUp();
      await until('the record says who hung up', async () =>
        (await gateway.records()).some(
          ({ from, endReason }) => from === '4930600' && endReason === 'caller-hung-up',
        ),
      );
    },
    60_000,
  );

  it('with A-law only', async () => {
    const one = await phone('4930601', ';audio_codecs=PCMA/8000/1');
    one.dial(uri('9196'));
    await hearsItself(one);
    expect((await gateway.calls())[0].media?.codec).toBe('PCMA');
  }, 60_000);

  it.each([
    ['opus', 'opus/48000/2'],
    ['G722', 'G722/16000/1'],
  ] as const)(
    'in %s: hears itself in the echo test, then is in the room',
    async (codec, name) => {
      const one = await phone(codec === 'opus' ? '4930603' : '4930604', `;audio_codecs=${name}`);
      const last = (seconds: number) => {
        const { samples, rateHz } = one.recorded();
        return { samples: samples.slice(-seconds * rateHz), rateHz, all: samples.length / rateHz };
      };
      one.dial(uri('9196'));
      await until('the prompt is being heard', () => last(1).all > 0.5, 20_000);
      await one.speak(tone(350, 8000, 20 * 8000));
      await until('the echo is heard', () => toneDb(last(0.5).samples, 350, last(0).rateHz) > -20, 25_000);
      expect((await gateway.calls())[0].media?.codec).toBe(codec);
      one.hangUp();
      await until('the echo test is over', async () => (await gateway.calls()).length === 0);

      const { pins } = await gateway.meeting(`baresip-${codec}`);
      one.dial(uri('1000'));
      await until('the call is answered', async () =>
        (await gateway.calls()).some((call) => call.answeredAt),
      );
      for (const key of `${pins.guest}#`) {
        one.press(key);
        await pause(keyMs);
      }
      const inRoom = async () => (await gateway.calls()).find((call) => call.participant);
      await until(
        'its voice is in the room',
        async () => (await inRoom())?.media?.publishedCodec === 'opus',
        20_000,
      );
      expect((await inRoom())?.media?.codec).toBe(codec);
    },
    90_000,
  );

  it.each([
    ['offers RTP/AVP with a key', 'srtp'],
    ['offers RTP/SAVP', 'srtp-mand'],
    ['offers RTP/SAVPF', 'srtp-mandf'],
  ])(
    'encrypted (%s): hears itself in the echo test, then is in the room',
    async (_what, mediaenc) => {
      const one = await phone('4930605', `;audio_codecs=PCMU/8000/1;mediaenc=${mediaenc}`);
      one.dial(uri('9196'));
      await hearsItself(one);
      const [{ media }] = await gateway.calls();
      expect(media?.encryption).toMatch(/^srtp-sdes\/A/);
      expect(media?.dropped).toMatchObject({ unauthentic: 0, replayed: 0 });
      one.hangUp();
      await until('the echo test is over', async () => (await gateway.calls()).length === 0);

      const { pins } = await gateway.meeting('baresip-encrypted');
      one.dial(uri('1000'));
      await until('the call is answered', async () =>
        (await gateway.calls()).some((call) => call.answeredAt),
      );
      for (const key of `${pins.guest}#`) {
        one.press(key);
        await pause(keyMs);
      }
      await until(
        'its voice is in the room',
        async () =>
          (await gateway.calls()).find((call) => call.participant)?.media?.publishedCodec === 'PCMU',
        20_000,
      );
    },
    90_000,
  );

  it('types a PIN and is in the room; the administrator’s hanging up ends its call', async () => {
    const { pins } = await gateway.meeting('baresip');
    const one = await phone('4930602');
    one.dial(uri('1000'));
    await until('the prompt is being heard', () => one.heardSeconds() > 0.5, 20_000);
    for (const key of `${pins.guest}#`) {
      one.press(key);
      await pause(keyMs);
    }
    const id = await until(
      'the caller is in the room',
      async () =>
        (await gateway.calls()).find(({ room, participant }) => room === 'baresip' && participant)?.id,
      20_000,
    );
    await gateway.api(`/calls/${id}`, { method: 'DELETE' });
    const ends = () => one.printOut.trace.messages.slice(-2).map(({ from, title }) => [from, title]);
    await until('baresip was told', () => ends().some(([, title]) => title === 'BYE'));
    await until('baresip agreed', () => ends().at(-1)?.[1].startsWith('200'));
    expect(ends()[0]).toEqual(['gateway', 'BYE']);
  }, 60_000);
});
