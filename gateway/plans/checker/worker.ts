import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { piecesOf } from './hand-over.ts';
import type { Order } from './orders.ts';

/** What the thread is told: the order, and where its pieces go. */
export interface Errand {
  readonly order: Order;
  readonly to: MessagePort;
}

/** A third of what others get where there is no core to spare, so that a check still ends in time. */
const nicer = 5;

/** Linux counts niceness by thread: media goes first. */
function giveWay(): void {
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, getPriority(thread) + nicer);
  } catch {
    // Another system, or one that hides it.
  }
}

giveWay();
// A thread of its own: reading ten thousand rules takes seconds, in which calls must not wait.
parentPort?.on('message', ({ order, to }: Errand) => {
  for (const piece of piecesOf(order)) to.postMessage(piece);
  // All is there to be taken, piece by piece.
  parentPort?.postMessage(null);
});
