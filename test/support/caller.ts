import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promptFile, shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import type { Language, PromptId } from '../../gateway/prompts/prompts.ts';
import { findSound, levelDb, withoutTone } from './audio.ts';
import { Phone } from './phone.ts';
import { cseqMethod, SipUa } from './sip-ua.ts';
import type { SipText, UaCall } from './sip-ua.ts';
import { until } from './until.ts';

/** A whole telephone for tests: signalling and media, on loopback. */
export class Caller {
  readonly ua: SipUa;
  readonly phone: Phone;
  #call: UaCall | null = null;

  private constructor(ua: SipUa, phone: Phone) {
    this.ua = ua;
    this.phone = phone;
  }

  static async open(sipPort: number, user = '4930111222', transport: 'udp' | 'tcp' = 'udp'): Promise<Caller> {
    return new Caller(await SipUa.open({ serverPort: sipPort, user, transport }), await Phone.open());
  }

  get call(): UaCall {
    if (!this.#call) throw new Error('no call yet');
    return this.#call;
  }

  /** INVITE; nothing is waited for. */
  invite(to: string, headers: readonly string[] = []): UaCall {
    const { rtpPort, rtcpPort } = this.phone.remote;
    const body = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${rtpPort} RTP/AVP 0 8 101`,
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      `a=rtcp:${rtcpPort}`,
      '',
    ].join('\r\n');
    this.#call = this.ua.invite(`sip:${to}@127.0.0.1`, { body, headers });
    return this.#call;
  }

  /** Calls and is answered. */
  async dial(to: string): Promise<SipText> {
    const answer = await this.invite(to).connect();
    this.listen(answer);
    return answer;
  }

  /** Its media goes where the answer says, which a 183 may bring too. */
  listen({ body }: SipText): void {
    const rtpPort = Number(/m=audio (\d+)/.exec(body)?.[1]);
    const rtcpPort = Number(/a=rtcp:(\d+)/.exec(body)?.[1] ?? rtpPort + 1);
    this.phone.dial({ address: '127.0.0.1', rtpPort, rtcpPort });
  }

  /** Calls, and hangs up at once when it is answered; the status of the answer. */
  async outcomeOf(to: string): Promise<number> {
    const call = this.invite(to);
    const answer = await this.ua.next(
      'final response to INVITE',
      (message) => message.status >= 200 && cseqMethod(message) === 'INVITE',
    );
    call.takeDialog(answer);
    if (answer.status < 300) {
      call.ack();
      await this.hangUp();
    } else call.ackRefusal();
    return answer.status;
  }

  /** Digits as telephone-events, one key after the other. */
  type(keys: string): void {
    for (const key of keys) this.phone.press(key);
  }

  /** Digits in signalling. */
  async typeByInfo(keys: string, form: 'dtmf-relay' | 'dtmf'): Promise<number[]> {
    const statuses: number[] = [];
    for (const key of keys) {
      const body = form === 'dtmf' ? key : `Signal=${key}\r\nDuration=160\r\n`;
      statuses.push((await this.call.request('INFO', { body, contentType: `application/${form}` })).status);
    }
    return statuses;
  }

  /**
   * Resolves when the prompt is being heard.
   * @param besidesHz a tone that is as loud as the prompt: whoever mixes may not lower the room for it
   */
  async hears(
    prompt: PromptId,
    language: Language = 'en',
    deadlineMs = 10_000,
    besidesHz?: number,
  ): Promise<void> {
    const clear = (sound: Int16Array): Int16Array =>
      besidesHz === undefined ? sound : withoutTone(sound, besidesHz, 8000);
    const wanted = clear(beginningOf(promptFile(prompt, language)));
    const { packets } = this.phone;
    let from = Math.max(0, packets.length - 50);
    await until(
      `caller hears “${prompt}”`,
      () => {
        const heard = clear(this.phone.heard((packets.length - from) * 20));
        // Nothing is searched twice: over a long wait that would take all the time that the phone's own sockets need,
        // and what the kernel then drops can't be recognised any more.
        from = Math.max(from, packets.length - Math.ceil(wanted.length / 160));
        return findSound(heard, wanted).correlation > 0.7;
      },
      deadlineMs,
    );
  }

  /** Types a PIN and waits for the answer to it: what was said to the one before may begin with the same words. */
  async guess(pin: string, answer: PromptId): Promise<void> {
    this.phone.packets.length = 0;
    this.type(`${pin}#`);
    await this.hears(answer, 'en', 20_000);
  }

  /** Level of what was heard in the last so many ms, dB of full scale. */
  levelDb(lastMs: number): number {
    return levelDb(this.phone.heard(lastMs));
  }

  /** Waits for the gateway's BYE, answers it, gives its Reason. */
  async hungUp(deadlineMs = 15_000): Promise<string> {
    const bye = await this.ua.nextRequest('BYE', deadlineMs);
    this.ua.reply(bye, 200);
    return bye.all('reason').join(', ');
  }

  async hangUp(): Promise<void> {
    await this.call.request('BYE');
  }

  async close(): Promise<void> {
    this.phone.close();
    await this.ua.close();
  }
}

/** The first words of a prompt as a telephone hears them: 8 kHz, from the first sound on, 300 ms. */
function beginningOf(file: string): Int16Array {
  const bytes = readFileSync(join(shippedPromptFolder(), file));
  const data = bytes.subarray(bytes.indexOf('data') + 8);
  const samples = Int16Array.from({ length: data.length >> 2 }, (_, i) => {
    // Half the rate by the mean of neighbours: enough of a low-pass to be recognised by.
    const [a, b] = [data.readInt16LE(i * 4), i * 4 + 2 < data.length - 1 ? data.readInt16LE(i * 4 + 2) : 0];
    return (a + b) / 2;
  });
  const begin = Math.max(
    0,
    samples.findIndex((sample) => Math.abs(sample) > 500),
  );
  return samples.slice(begin, begin + 2400);
}
