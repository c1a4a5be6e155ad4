import type { RoomParticipant } from '../ports.ts';

type Listener = (participants: readonly RoomParticipant[]) => void;

/** The gateway's copy of a node's room list. */
export class RemoteRoomWatch {
  readonly room: string;
  readonly #end: () => Promise<void>;
  readonly #listeners = new Set<Listener>();
  #participants: readonly RoomParticipant[] = [];
  #closing: Promise<void> | null = null;

  constructor(room: string, end: () => Promise<void>) {
    this.room = room;
    this.#end = end;
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

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }
}
