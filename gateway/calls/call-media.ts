import { messageOf } from '../errors.ts';
import type { Clock, Leg, LegStats, Log, MediaLeg, OwnPicture } from '../ports.ts';
import type { PromptFolder, Voice } from '../prompts/prompts.ts';
import { screenTexts } from '../prompts/screen-texts.ts';
import type { EndReason } from '../reasons.ts';
import { Keypad } from './keypad.ts';
import { Picture } from './picture.ts';
import { Player } from './player.ts';
import { sightOf } from './screens.ts';
import { SilenceWatch } from './silence.ts';
import type { CallEvent, CallState, Effect } from './types.ts';

export type MediaEffect = Extract<Effect, { readonly do: 'play' | 'hear' | 'mute' }>;

export interface CallMediaOptions {
  readonly leg: Leg;
  readonly media: MediaLeg;
  readonly prompts: PromptFolder;
  readonly voice: Voice;
  readonly ownPicture: OwnPicture;
  readonly silenceSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** What comes from the caller, in the words of the call's state. */
  readonly happened: (event: CallEvent) => void;
  /** The media node does not do what it is told. */
  readonly failed: (error: unknown) => void;
}

/** A call's media from its answer on: what its caller hears and sees, and what comes from there. */
export class CallMedia {
  readonly media: MediaLeg;
  readonly #options: CallMediaOptions;
  readonly #player: Player;
  readonly #picture: Picture;
  readonly #silence: SilenceWatch;
  #closed = false;
  #listening = false;
  #pictureFailed = false;

  constructor(options: CallMediaOptions) {
    const { leg, media, prompts, voice, ownPicture, silenceSeconds } = options;
    this.media = media;
    this.#options = options;
    this.#player = new Player(media, prompts, voice, {
      played: () => options.happened({ type: 'played' }),
      error: (error) => this.#notPlayed(error),
      missing: (prompt) => options.log.warn({ prompt }, 'prompt not there, left out'),
    });
    this.#picture = new Picture(media, ownPicture, (error) => this.#notShown(error));
    this.#silence = new SilenceWatch(leg, silenceSeconds * 1000, () => this.#stop('peer-unreachable'));
  }

  /** What came before is told now, first the digits that were typed ahead. Idempotent. */
  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const { leg, media, clock, happened } = this.#options;
    const keypad = new Keypad(clock, (digit) => happened({ type: 'digit', digit }));
    leg.on('digit', (digit) => keypad.press('signalling', digit));
    media.on('digit', (digit) => keypad.press('media', digit));
    media.on('mutedByHost', (muted) => happened({ type: 'muted-by-host', muted }));
    media.on('cameraMutedByHost', (muted) => happened({ type: 'camera-muted-by-host', muted }));
    media.on('link', (state) => happened({ type: 'link', state }));
    media.on('videoLimited', (limited) => happened({ type: 'video-limited', limited }));
    media.on('silent', () => this.#silence.begin());
    media.on('heard', () => this.#silence.end());
    media.on('failed', (reason) => this.#stop(reason));
    media.on('lost', () => this.#stop('media-lost'));
  }

  /** Of what is played and shown from now on. */
  speak(voice: Voice): void {
    this.#player.voice = voice;
  }

  get voice(): Voice {
    return this.#player.voice;
  }

  /** Whether the caller sees itself in the room. */
  setOwnPicture(own: OwnPicture): void {
    this.#picture.setOwn(own);
  }

  do(effect: MediaEffect): void {
    switch (effect.do) {
      case 'play':
        this.#player.play(effect.sound);
        return;
      case 'hear':
        this.media.hear(effect.source).catch(this.#options.failed);
        return;
      case 'mute':
        this.media.setMuted(effect.muted).catch(this.#options.failed);
        return;
    }
  }

  /** Talks with whoever is connected by that name; null: with nobody any more. */
  connect(name: string | null): void {
    this.media.connect(name).catch(this.#options.failed);
  }

  /** What is seen of the call's new state. */
  show(state: CallState): void {
    if (this.#closed) return;
    if (state.name === 'in-room') this.#picture.setLayout(state.layout);
    this.#picture.show(sightOf(state, screenTexts[this.#player.voice.language]));
  }

  /** Null: nothing is known. */
  stats(): Promise<LegStats | null> {
    return this.media.stats().catch(() => null);
  }

  /** The caller hears and says nothing more; the leg itself is closed by the call's end. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#silence.close();
    this.#player.stop();
  }

  /** A prompt that can't be played must not hold the caller up. */
  #notPlayed(error: unknown): void {
    if (this.#closed) return;
    this.#options.log.warn({ cause: messageOf(error) }, 'prompt not played');
    this.#options.happened({ type: 'played' });
  }

  /** A call without a picture is still a call. Said once: whatever fails does so for each screen. */
  #notShown(error: unknown): void {
    if (this.#closed || this.#pictureFailed) return;
    this.#pictureFailed = true;
    this.#options.log.warn({ cause: messageOf(error) }, 'screen not shown');
  }

  #stop(reason: EndReason): void {
    this.#options.happened({ type: 'stop', reason, words: null });
  }
}
