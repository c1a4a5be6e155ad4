/** baresip phones that call a gateway of the test file's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Baresip } from '../demo/baresip.ts';
import { tone, toneDb } from './audio.ts';
import { startTestGateway } from './gateway.ts';
import type { TestGateway } from './gateway.ts';
import { until } from './until.ts';

/** A person's pace: baresip sends one key at a time. */
const keyMs = 150;

type SipTransport = 'udp' | 'tcp' | 'tls';

export class BaresipPhones {
  readonly gateway: TestGateway;
  readonly #open: { close(): Promise<unknown> }[] = [];

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  /** @param options The gateway's own. */
  static async start(options: readonly string[] = []): Promise<BaresipPhones> {
    return new BaresipPhones(await startTestGateway(options));
  }

  /** @param account Parameters of baresip's account line; `settings` are lines of its config file. */
  async phone(number: string, account = '', settings: readonly string[] = []): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
    this.#open.push({ close: () => rm(folder, { recursive: true, force: true }) });
    const phone = await Baresip.start(folder, number, account, settings);
    this.#open.push(phone);
    return phone;
  }

  uri(user: string, transport: SipTransport = 'udp'): string {
    const { sipPort, facts } = this.gateway;
    const port = transport === 'tls' ? facts.config.sip.tls.port : sipPort;
    return `sip:${user}@127.0.0.1:${port};transport=${transport}`;
  }

  /** Calls the echo test and speaks a tone until it comes back. */
  async hearsItself(phone: Baresip, transport: SipTransport = 'udp'): Promise<void> {
    phone.dial(this.uri('9196', transport));
    const { samples: before } = phone.recorded();
    await until(
      'the prompt is being heard',
      () => {
        const { samples, rateHz } = phone.recorded();
        return samples.length - before.length > rateHz / 2;
      },
      20_000,
    );
    await phone.speak(tone(350, 8000, 20 * 8000));
    await until(
      'the echo is heard',
      () => {
        const { samples, rateHz } = phone.recorded();
        return toneDb(samples.slice(-rateHz / 2), 350, rateHz) > -20;
      },
      25_000,
    );
  }

  /** Calls the number that asks for PINs, and types the guest's PIN of a meeting in this room. */
  async entersRoom(phone: Baresip, room: string): Promise<void> {
    const { pins } = await this.gateway.meeting(room);
    phone.dial(this.uri('1000'));
    await until('the call is answered', async () =>
      (await this.gateway.calls()).some((call) => call.answeredAt),
    );
    for (const key of `${pins.guest}#`) {
      phone.press(key);
      await pause(keyMs);
    }
    await until(
      'the caller is in the room',
      async () =>
        (await this.gateway.calls()).some((call) => call.room === room && call.media?.publishedCodec),
      20_000,
    );
  }

  async noCallIsLeft(): Promise<void> {
    await until('no call is left', async () => (await this.gateway.calls()).length === 0, 45_000);
  }

  /** Ends the phones; the gateway stays for the next test. */
  async closePhones(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one.close();
    await this.noCallIsLeft();
  }
}
