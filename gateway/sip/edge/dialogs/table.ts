import type { Dialog } from './dialog.ts';

/** All live dialogs, by what the wire and what apps call them. */
export class DialogTable {
  readonly #byWire = new Map<string, Dialog>();
  readonly #byId = new Map<string, Dialog[]>();
  readonly #onCount: (count: number) => void;

  constructor(onCount: (count: number) => void) {
    this.#onCount = onCount;
  }

  get size(): number {
    return this.#byWire.size;
  }

  add(dialog: Dialog): void {
    this.#byWire.set(wireKey(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
    const forks = this.#byId.get(dialog.id);
    if (forks) forks.push(dialog);
    else this.#byId.set(dialog.id, [dialog]);
    this.#onCount(this.#byWire.size);
  }

  /** Marks it ended, too. */
  remove(dialog: Dialog): void {
    dialog.state = 'ended';
    dialog.session?.stop();
    const key = wireKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    if (this.#byWire.get(key) !== dialog) return;
    this.#byWire.delete(key);
    const left = (this.#byId.get(dialog.id) ?? []).filter((fork) => fork !== dialog);
    if (left.length > 0) this.#byId.set(dialog.id, left);
    else this.#byId.delete(dialog.id);
    this.#onCount(this.#byWire.size);
  }

  find(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    return this.#byWire.get(wireKey(callId, localTag, remoteTag));
  }

  /** Of several forks the confirmed one, else the youngest. */
  byId(id: string): Dialog | undefined {
    const forks = this.#byId.get(id);
    return forks?.find((fork) => fork.state === 'confirmed') ?? forks?.at(-1);
  }

  forks(id: string): readonly Dialog[] {
    return this.#byId.get(id) ?? [];
  }

  all(): Dialog[] {
    return [...this.#byWire.values()];
  }
}

function wireKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}
