import { DisconnectReason, Room, RoomEvent, Track, type Participant } from 'livekit-client';
import type { Admission } from '../api.ts';
import { microphoneTrouble } from './microphone.ts';
import { toPerson, type Person } from './people.ts';

export interface SessionView {
  /** `lost`: on its way back by itself. `over`: `ending` says why. */
  readonly connection: 'connecting' | 'connected' | 'lost' | 'over';
  readonly people: readonly Person[];
  readonly microphone: 'starting' | 'on' | 'muted' | 'none';
  /** Why there is no microphone, in words; null: there is one. */
  readonly microphoneTrouble: string | null;
  /** The browser wants a click before it plays sound. */
  readonly soundBlocked: boolean;
  readonly ending: string | null;
  /** Last thing that happened, for screen readers. */
  readonly news: string;
}

const redrawOn = [
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

/**
 * One visit to a room: LiveKit's client behind one immutable view, so that React only draws.
 * Listen first, then `start`; a session is not started twice.
 */
export class RoomSession {
  readonly #room = new Room({
    audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  readonly #listeners = new Set<() => void>();
  readonly #sounds = new Map<Track, HTMLMediaElement>();
  #view: SessionView = {
    connection: 'connecting',
    people: [],
    microphone: 'starting',
    microphoneTrouble: null,
    soundBlocked: false,
    ending: null,
    news: '',
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly view = (): SessionView => this.#view;

  async start(admission: Admission): Promise<void> {
    this.#listen();
    try {
      await this.#room.connect(admission.url, admission.token);
    } catch {
      this.#end('The room’s media server can’t be reached. Check your connection, then try again.');
      return;
    }
    this.#change({ connection: 'connected' });
    await this.#openMicrophone();
  }

  async setMuted(muted: boolean): Promise<void> {
    if (this.#view.microphone === 'none') return this.#openMicrophone();
    await this.#room.localParticipant.setMicrophoneEnabled(!muted).catch((error: unknown) => {
      this.#change({ microphone: 'none', microphoneTrouble: microphoneTrouble(error) });
    });
    this.#redraw();
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.#room.switchActiveDevice('audioinput', deviceId).catch((error: unknown) => {
      this.#change({ microphoneTrouble: microphoneTrouble(error) });
    });
  }

  /** From a click: browsers let a page sound only then. */
  async playSound(): Promise<void> {
    await this.#room.startAudio();
    this.#redraw();
  }

  /** Idempotent. */
  async leave(): Promise<void> {
    await this.#room.disconnect();
  }

  #listen(): void {
    const room = this.#room;
    for (const event of redrawOn) room.on(event, () => this.#redraw());
    room.on(RoomEvent.ParticipantConnected, (who) => this.#tell(`${nameOf(who)} joined`));
    room.on(RoomEvent.ParticipantDisconnected, (who) => this.#tell(`${nameOf(who)} left`));
    room.on(RoomEvent.TrackSubscribed, (track) => {
      if (track.kind === Track.Kind.Audio) this.#sound(track);
    });
    room.on(RoomEvent.TrackUnsubscribed, (track) => this.#silence(track));
    room.on(RoomEvent.SignalReconnecting, () => this.#change({ connection: 'lost' }));
    room.on(RoomEvent.Reconnecting, () => this.#change({ connection: 'lost', news: 'Connection lost' }));
    room.on(RoomEvent.Reconnected, () => {
      this.#change({ connection: 'connected', news: 'Connected again' });
      this.#redraw();
    });
    room.on(RoomEvent.Disconnected, (reason) => this.#end(endingOf(reason)));
  }

  async #openMicrophone(): Promise<void> {
    try {
      await this.#room.localParticipant.setMicrophoneEnabled(true);
      this.#change({ microphoneTrouble: null });
    } catch (error) {
      this.#change({ microphone: 'none', microphoneTrouble: microphoneTrouble(error) });
    }
    this.#redraw();
  }

  #sound(track: Track): void {
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
    this.#sounds.set(track, element);
  }

  #silence(track: Track): void {
    track.detach();
    this.#sounds.get(track)?.remove();
    this.#sounds.delete(track);
  }

  #tell(news: string): void {
    this.#change({ news });
    this.#redraw();
  }

  #redraw(): void {
    const { localParticipant, remoteParticipants, canPlaybackAudio } = this.#room;
    // In the order in which they came, so that no tile changes its place.
    const others = [...remoteParticipants.values()].sort((a, b) => arrival(a) - arrival(b));
    const everybody: Participant[] = [localParticipant, ...others];
    const published = localParticipant.getTrackPublication(Track.Source.Microphone);
    this.#change({
      people: everybody.map((who) => toPerson(who, who === localParticipant)),
      soundBlocked: !canPlaybackAudio,
      ...(published === undefined ? {} : { microphone: published.isMuted ? 'muted' : 'on' }),
    });
  }

  #end(ending: string): void {
    for (const track of [...this.#sounds.keys()]) this.#silence(track);
    if (this.#view.connection !== 'over') this.#change({ connection: 'over', ending });
  }

  #change(change: Partial<SessionView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const arrival = (who: Participant): number => who.joinedAt?.getTime() ?? 0;

const nameOf = (who: Participant): string => who.name ?? who.identity;

function endingOf(reason: DisconnectReason | undefined): string {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return 'You left the room.';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'A host removed you from the room.';
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'The room was closed.';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'You joined from somewhere else.';
    case DisconnectReason.SERVER_SHUTDOWN:
      return 'The media server is being restarted. Join again in a moment.';
    default:
      return 'The connection was lost. Join again when you are back online.';
  }
}
