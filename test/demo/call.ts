/** The call itself: a person in a browser's place and a telephone meet in a room, one after the other speaks. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallRecord, CallView } from '../../gateway/ports.ts';
import { promptFile, shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import type { PromptId } from '../../gateway/prompts/prompts.ts';
import { joinSamples, levelDb } from '../support/audio.ts';
import type { TestGateway } from '../support/gateway.ts';
import { RTC_RATE_HZ, RtcParticipant } from '../support/rtc-participant.ts';
import type { SeenParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';
import type { Baresip } from './baresip.ts';
import { correlate } from './correlate.ts';
import { PHONE_RATE_HZ, readWav, resample, silence } from './sound.ts';
import { passFor } from '../support/room-door.ts';

export const ROOM = 'weekly';
export const NUMBER = '1000';

const speechFolder = join(import.meta.dirname, '../fixtures/speech');
/** Between two speakers, and for the way through all buffers. */
const BREATH_SECONDS = 1.2;
/** What a busy machine may be late by; the recording goes on for so long. */
const SPARE_SECONDS = 3;
/** baresip sends a digit for 180 ms and its end three times. */
export const KEY_MS = 260;

/** Moments are ms of `performance.now()`. */
export interface CallFacts {
  readonly rtpAtMs: number | null;
  readonly lastKeyAtMs: number;
  readonly visibleAtMs: number;
  readonly trackHeardAtMs: number;
  /** Seconds into the phone's recording at which it was in the room. */
  readonly joinedSeconds: number;
  readonly participant: SeenParticipant;
  readonly activeSpeaker: boolean;
  readonly view: CallView;
  readonly record: CallRecord | undefined;
  readonly phoneHeard: Int16Array;
  readonly browserHeard: Int16Array;
}

/** Ada's and the phone's sentences at telephone rate. */
export function speeches(): { ada: Int16Array; phone: Int16Array } {
  return {
    ada: resample(readWav(join(speechFolder, 'ada.wav')), PHONE_RATE_HZ),
    phone: readWav(join(speechFolder, 'phone.wav')).samples,
  };
}

/** Somebody in the room as the room page would let them in. */
export async function joinAsPerson(gateway: TestGateway, name: string): Promise<RtcParticipant> {
  const { url, token } = await passFor(gateway.httpUrl, ROOM, name);
  return RtcParticipant.join(url, token);
}

/** Dials, types the PIN, lets both speak, hangs up. `say` tells a person how it goes on. */
export async function makeCall(
  gateway: TestGateway,
  ada: RtcParticipant,
  phone: Baresip,
  say: (line: string) => void,
): Promise<CallFacts> {
  const { pins } = await gateway.meeting(ROOM);
  say(`baresip ${phone.printOut.version} dials ${NUMBER}`);
  phone.dial(`sip:${NUMBER}@127.0.0.1:${gateway.sipPort}`);
  await hears(phone, 'enter-pin');
  say('the phone hears “enter your PIN” and types it');
  for (const key of pins.guest) {
    phone.press(key);
    await pause(KEY_MS);
  }
  const lastKeyAtMs = performance.now();
  phone.press('#');
  const caller = () => ada.others().find((other) => other.sip);
  await ada.until('the caller is in the room', () => caller() !== undefined, 15_000);
  const visibleAtMs = performance.now();
  const identity = caller()?.identity ?? '';
  await ada.record(identity, 20);
  const trackHeardAtMs = performance.now();
  say(`${identity} is in the room and can be heard`);
  const view = await until('the call is in the room', async () =>
    (await gateway.calls()).find(({ state }) => state === 'in-room'),
  );
  const joinedSeconds = phone.heardSeconds();
  await quiet(phone);
  const participant = ada.other(identity);
  if (participant === undefined) throw new Error('the caller left before anybody spoke');
  const browserHeard = await converse(ada, phone, identity, say);
  const facts = {
    rtpAtMs: phone.printOut.rtpAtMs,
    ...{ lastKeyAtMs, visibleAtMs, trackHeardAtMs, joinedSeconds, view, participant, browserHeard },
    activeSpeaker: ada.hasSpoken(identity),
    phoneHeard: phone.heard(),
  };
  say('the phone hangs up');
  phone.hangUp();
  await ada.until('the caller is gone', () => ada.other(identity) === undefined, 10_000);
  // Missing answers and records are the checks' business.
  await until('the BYE is answered', () => phone.byeAnswered()).catch(() => undefined);
  const record = await until('the call is recorded', async () =>
    (await gateway.records()).find(({ id }) => id === view.id),
  ).catch(() => undefined);
  return { ...facts, record };
}

/** First Ada speaks, then the phone; gives what the browser's place heard of the phone all the while, 48 kHz. */
async function converse(
  ada: RtcParticipant,
  phone: Baresip,
  identity: string,
  say: (line: string) => void,
): Promise<Int16Array> {
  const { samples, rateHz } = readWav(join(speechFolder, 'ada.wav'));
  const adaSeconds = samples.length / rateHz + 2 * BREATH_SECONDS;
  const fromPhone = readWav(join(speechFolder, 'phone.wav')).samples;
  const phoneSeconds = fromPhone.length / PHONE_RATE_HZ + BREATH_SECONDS;
  const recording = ada.record(identity, Math.round((adaSeconds + phoneSeconds + SPARE_SECONDS) * 1000));
  // Awaited at the end; a failure in between must not count as unhandled.
  recording.catch(() => undefined);
  say('Ada speaks, the phone listens');
  const wide = resample({ samples, rateHz }, RTC_RATE_HZ);
  // Silence first: the track has to arrive before its first word.
  await ada.publishPcm(joinSamples([silence(BREATH_SECONDS, RTC_RATE_HZ), wide]), false);
  // Speaking takes its time by the clock on the wall, whatever a busy machine does to the streams.
  await pause(adaSeconds * 1000);
  say('the phone speaks, Ada listens');
  await phone.speak(fromPhone);
  return recording;
}

/** Resolves when prompts and tones are over. */
async function quiet(phone: Baresip): Promise<void> {
  const window = PHONE_RATE_HZ * 0.6;
  await until(
    'the phone hears no more prompts',
    async () => {
      await pause(100);
      return levelDb(phone.heard().subarray(-window)) < -50;
    },
    15_000,
  );
}

/** Resolves when the phone has heard how the prompt begins. */
async function hears(phone: Baresip, prompt: PromptId): Promise<void> {
  const file = join(shippedPromptFolder(), promptFile(prompt, 'en'));
  const words = resample(readWav(file), PHONE_RATE_HZ).subarray(0, PHONE_RATE_HZ * 0.8);
  await until(
    `the phone hears “${prompt}”`,
    async () => {
      await pause(200);
      return correlate(phone.heard(), words).correlation > 0.7;
    },
    20_000,
  );
}
