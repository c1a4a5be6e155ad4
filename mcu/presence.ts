import { withDeadline } from './deadline.ts';
import { MediaError, messageOf } from './errors.ts';
import type { LinkEnd, LinkFactory, PublishingLink, RoomAccess, RoomCodec } from './ports.ts';
import type { NodeRoom, RoomDirectory } from './room.ts';

const joinDeadlineMs = 12_000;

export type LinkState = 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable';

/** What a leg's room events are in the gateway's words; `closed` is our own doing. */
const endStates = {
  closed: null,
  removed: 'removed',
  'duplicate-identity': 'removed',
  'room-deleted': 'room-deleted',
  unreachable: 'unreachable',
} as const satisfies Record<LinkEnd, LinkState | null>;

export interface PresenceOptions {
  readonly room: string;
  readonly identity: string;
  readonly codec: RoomCodec;
  readonly access: () => Promise<RoomAccess>;
  readonly links: LinkFactory;
  readonly rooms: RoomDirectory;
  readonly signal: AbortSignal;
  readonly onMuted: (muted: boolean) => void;
  readonly onState: (state: LinkState) => void;
}

/** One caller in a room: its publishing link, and its share of the node's hidden one. */
export class Presence {
  readonly room: NodeRoom;
  readonly link: PublishingLink;
  readonly identity: string;
  readonly #exit: () => Promise<void>;
  #leaving: Promise<void> | null = null;

  private constructor(room: NodeRoom, link: PublishingLink, identity: string, exit: () => Promise<void>) {
    this.room = room;
    this.link = link;
    this.identity = identity;
    this.#exit = exit;
  }

  /** Throws ROOM_UNAVAILABLE, or ABORTED by the signal; then nothing of it is left in the room. */
  static async enter(options: PresenceOptions): Promise<Presence> {
    const { identity } = options;
    const { room, exit } = options.rooms.enter(options.room);
    room.addOwn(identity);
    const failed = new AbortController();
    const publishing = publish(options, AbortSignal.any([options.signal, failed.signal]));
    try {
      const [link] = await Promise.all([publishing, room.ready]);
      options.signal.throwIfAborted();
      return new Presence(room, link, identity, exit);
    } catch (error) {
      failed.abort();
      await publishing.then((link) => link.close()).catch(() => undefined);
      room.removeOwn(identity);
      await exit();
      if (options.signal.aborted) throw new MediaError('ABORTED', 'The caller left while joining.', error);
      if (error instanceof MediaError) throw error;
      throw new MediaError('ROOM_UNAVAILABLE', `Room ${options.room}: ${messageOf(error)}`, error);
    }
  }

  /** Idempotent; afterwards the caller is no longer seen in the room. */
  leave(): Promise<void> {
    this.#leaving ??= this.#shut();
    return this.#leaving;
  }

  async #shut(): Promise<void> {
    await this.link.close();
    this.room.removeOwn(this.identity);
    await this.#exit();
  }
}

function publish(options: PresenceOptions, outer: AbortSignal): Promise<PublishingLink> {
  return withDeadline(joinDeadlineMs, [outer], (signal) =>
    options.links.publish(
      {
        access: options.access,
        codec: options.codec,
        trackName: 'phone',
        onMuted: options.onMuted,
        onState: options.onState,
        onEnd: (end) => {
          const state = endStates[end];
          if (state) options.onState(state);
        },
      },
      signal,
    ),
  );
}
