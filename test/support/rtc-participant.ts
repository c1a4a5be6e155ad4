/** A WebRTC participant of LiveKit's own making (rtc-node): the independent judge of what a room hears. */
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  ParticipantKind,
  RemoteAudioTrack,
  RemoteVideoTrack,
  type RemoteParticipant,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { setTimeout as pause } from 'node:timers/promises';
import { listening } from '../../mcu/link/rtc-node/library.ts';
import { settledWithin } from '../../mcu/link/waits.ts';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { tone } from './audio.ts';
import type { Pixels } from './pixels.ts';
import { nextPicture, publishPicture } from './rtc-video.ts';

export const RTC_RATE_HZ = 48_000;
const FRAME = RTC_RATE_HZ / 50;
/** Every event after which something that a test waits for may have become true. */
const EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.Disconnected,
  RoomEvent.Reconnected,
] as const;

export interface SeenParticipant {
  readonly identity: string;
  readonly name: string;
  readonly sip: boolean;
  readonly attributes: Record<string, string>;
  /** Whether its first track is muted; null while it has none. */
  readonly muted: boolean | null;
}

export interface Speaking {
  /** For the room service, which can mute it. */
  readonly trackSid: string;
  stop(): Promise<void>;
}

export class RtcParticipant {
  readonly #room = new Room();
  readonly #waiting = new Set<() => void>();
  readonly #speaking: Pick<Speaking, 'stop'>[] = [];
  readonly #spoke = new Set<string>();
  #speakers: string[] = [];
  #stopListening: () => void = () => undefined;

  /** Joins and, unless told otherwise, subscribes to everything. */
  static async join(url: string, token: string, autoSubscribe = true): Promise<RtcParticipant> {
    const participant = new RtcParticipant();
    const room = participant.#room;
    room.on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
      participant.#speakers = speakers.map((speaker) => speaker.identity);
      for (const identity of participant.#speakers) participant.#spoke.add(identity);
    });
    const look = (): void => {
      for (const check of [...participant.#waiting]) check();
    };
    for (const event of EVENTS) room.on(event, look);
    // Without the library's log: thousands of records a second, and every Room of the process would read each.
    const { started, stopListening } = listening(() =>
      room.connect(url, token, { autoSubscribe, dynacast: false }),
    );
    participant.#stopListening = stopListening;
    await started;
    return participant;
  }

  /** Waits until a condition over this participant's view holds; it is looked at after each room event. */
  async until(what: string, holds: () => boolean, ms = 10_000): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!holds()) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not within ${ms} ms: ${what}`));
      }, ms);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
    });
  }

  /** Everybody else in the room, as clients see them. */
  others(): SeenParticipant[] {
    return [...this.#room.remoteParticipants.values()].map((participant) => ({
      identity: participant.identity,
      name: participant.name ?? '',
      sip: participant.kind === ParticipantKind.SIP,
      attributes: participant.attributes,
      muted: firstPublication(participant)?.muted ?? null,
    }));
  }

  other(identity: string): SeenParticipant | undefined {
    return this.others().find((participant) => participant.identity === identity);
  }

  /** Identities that speak at the moment. */
  activeSpeakers(): readonly string[] {
    return this.#speakers;
  }

  /** Whether somebody has been an active speaker since we joined. */
  hasSpoken(identity: string): boolean {
    return this.#spoke.has(identity);
  }

  publishTone(hz: number, amplitude = 8000): Promise<Speaking> {
    // One second holds whole periods of every whole frequency: it loops without a click.
    return this.publishPcm(tone(hz, amplitude, RTC_RATE_HZ, 0, RTC_RATE_HZ), true);
  }

  /** Publishes 48 kHz mono samples as a microphone, over and over or once and then silence. */
  publishPcm(samples: Int16Array, loop: boolean): Promise<Speaking> {
    return this.#publish(new AudioSource(RTC_RATE_HZ, 1, 200), (source, stopped) =>
      pumpSamples(source, samples, loop, stopped),
    );
  }

  /** Publishes what `next` gives when it is asked for 10 ms of 48 kHz mono; nothing is queued on the way. */
  publishLive(next: () => Int16Array): Promise<Speaking> {
    return this.#publish(new AudioSource(RTC_RATE_HZ, 1, 0), (source, stopped) =>
      pumpLive(source, next, stopped),
    );
  }

  async #publish(
    source: AudioSource,
    pumpInto: (source: AudioSource, stopped: { readonly now: boolean }) => Promise<void>,
  ): Promise<Speaking> {
    const local = this.#room.localParticipant;
    if (local === undefined) throw new Error('not in a room');
    const track = LocalAudioTrack.createAudioTrack('microphone', source);
    const publication = await local.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, red: false, dtx: false }),
    );
    const stopped = { now: false };
    const pump = pumpInto(source, stopped);
    const speaking: Speaking = {
      trackSid: publication.sid ?? '',
      stop: async () => {
        if (stopped.now) return;
        stopped.now = true;
        await pump;
        if (publication.sid !== undefined) await local.unpublishTrack(publication.sid);
        await source.close();
      },
    };
    this.#speaking.push(speaking);
    return speaking;
  }

  /** Hands over somebody's voice as it is heard, mono, until the function that it gives is called. */
  async listen(
    identity: string,
    rateHz: number,
    onFrame: (samples: Int16Array) => void,
  ): Promise<() => Promise<void>> {
    const reader = new AudioStream(await this.#trackOf(identity), rateHz, 1).getReader();
    const over = (async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        onFrame(value.data);
      }
    })();
    return async () => {
      await reader.cancel();
      await over;
    };
  }

  /** Records somebody's voice: 48 kHz mono, from now on, once the track is there. */
  async record(identity: string, ms: number): Promise<Int16Array> {
    const reader = new AudioStream(await this.#trackOf(identity), RTC_RATE_HZ, 1).getReader();
    const out = new Int16Array((RTC_RATE_HZ * ms) / 1000);
    let filled = 0;
    try {
      while (filled < out.length) {
        const { value, done } = await reader.read();
        if (done) break;
        const part = value.data.subarray(0, out.length - filled);
        out.set(part, filled);
        filled += part.length;
      }
    } finally {
      await reader.cancel();
    }
    return out.subarray(0, filled);
  }

  /** Publishes a still picture as a camera, until the participant goes. */
  async publishPicture(picture: I420): Promise<void> {
    const local = this.#room.localParticipant;
    if (local === undefined) throw new Error('not in a room');
    this.#speaking.push(await publishPicture(local, picture));
  }

  /** The next picture of somebody's camera, once it is there. */
  async seen(identity: string): Promise<Pixels> {
    const track = () => this.#videoOf(identity);
    await this.until(`${identity} can be seen`, () => track() !== null);
    const there = track();
    if (there === null) throw new Error(`${identity} cannot be seen`);
    return nextPicture(there);
  }

  #videoOf(identity: string): RemoteVideoTrack | null {
    const publications = this.#room.remoteParticipants.get(identity)?.trackPublications.values() ?? [];
    for (const { track } of publications) if (track instanceof RemoteVideoTrack) return track;
    return null;
  }

  async #trackOf(identity: string): Promise<RemoteAudioTrack> {
    await this.until(`${identity} can be heard`, () => this.#audioOf(identity) !== null);
    const track = this.#audioOf(identity);
    if (track === null) throw new Error(`${identity} cannot be heard`);
    return track;
  }

  #audioOf(identity: string): RemoteAudioTrack | null {
    for (const participant of this.#room.remoteParticipants.values()) {
      if (participant.identity !== identity) continue;
      for (const { track } of participant.trackPublications.values()) {
        if (track instanceof RemoteAudioTrack) return track;
      }
    }
    return null;
  }

  /** Has a deadline: after an SFU that stood still the library's requests may never be answered. */
  async close(): Promise<void> {
    await settledWithin(Promise.allSettled(this.#speaking.map((one) => one.stop())), 2000);
    await settledWithin(this.#room.disconnect(), 3000);
    this.#stopListening();
  }
}

function firstPublication(participant: RemoteParticipant): { muted: boolean } | undefined {
  const [publication] = participant.trackPublications.values();
  return publication as { muted: boolean } | undefined;
}

/** `captureFrame` waits while its queue is full: the source's own clock paces the loop. */
async function pumpSamples(
  source: AudioSource,
  samples: Int16Array,
  loop: boolean,
  stopped: { readonly now: boolean },
): Promise<void> {
  for (let at = 0; !stopped.now; at += FRAME) {
    const data = new Int16Array(FRAME);
    const from = loop ? at % samples.length : at;
    data.set(samples.subarray(from, from + FRAME));
    await source.captureFrame(new AudioFrame(data, RTC_RATE_HZ, 1, FRAME)).catch(() => undefined);
  }
}

/** Ten milliseconds at a time on an absolute grid; late ones follow at once, as a sound card's would. */
async function pumpLive(
  source: AudioSource,
  next: () => Int16Array,
  stopped: { readonly now: boolean },
): Promise<void> {
  for (let dueMs = performance.now(); !stopped.now; dueMs += 10) {
    await pause(Math.max(0, dueMs - performance.now()));
    const data = next();
    await source.captureFrame(new AudioFrame(data, RTC_RATE_HZ, 1, data.length)).catch(() => undefined);
  }
}
