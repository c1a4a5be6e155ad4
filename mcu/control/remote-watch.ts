import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomParticipant } from '../ports.ts';
import { isClosed } from './way.ts';
import type { NodeChannel, NodeWay } from './way.ts';

type Listener = (participants: readonly RoomParticipant[]) => void;

/** A room join waits for the SFU: the node's own deadline comes first. */
const deadlineMs = 15_000;
const reopenPauseMs = 2000;

/** The gateway's copy of a node's room list. It stays as it was while the node's process is being replaced. */
export class RemoteRoomWatch {
  readonly room: string;
  readonly #id: number;
  readonly #way: NodeWay;
  readonly #onClosed: () => void;
  readonly #listeners = new Set<Listener>();
  #participants: readonly RoomParticipant[] = [];
  /** The first look is under way: it waits for a new process by itself. */
  #opening = false;
  #closing: Promise<void> | null = null;

  constructor(id: number, room: string, way: NodeWay, onClosed: () => void) {
    this.#id = id;
    this.room = room;
    this.#way = way;
    this.#onClosed = onClosed;
  }

  participants(): readonly RoomParticipant[] {
    return this.#participants;
  }

  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  update(participants: readonly RoomParticipant[]): void {
    if (this.#closing) return;
    this.#participants = participants;
    for (const listener of this.#listeners) listener(participants);
  }

  /** Resolves when the room can be seen; rejects when it can't. */
  async open(): Promise<void> {
    this.#opening = true;
    try {
      this.update(await this.#way.call('watchRoom', { watch: this.#id, room: this.room }, { deadlineMs }));
    } finally {
      this.#opening = false;
    }
  }

  /** The same look by a new process; tries until it can see the room. Never rejects. */
  async reopen(channel: NodeChannel): Promise<void> {
    if (this.#opening) return;
    while (!this.#closing && !channel.closed) {
      try {
        this.update(await channel.call('watchRoom', { watch: this.#id, room: this.room }, { deadlineMs }));
        return;
      } catch (error) {
        if (isClosed(error)) return;
        await sleep(reopenPauseMs);
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#onClosed();
    await this.#way.channel?.call('unwatchRoom', { watch: this.#id });
  }
}
