import { parentPort, type MessagePort } from 'node:worker_threads';
import { piecesOf } from './hand-over.ts';
import type { Order } from './orders.ts';

/** What the thread is told: the order, and where its pieces go. */
export interface Errand {
  readonly order: Order;
  readonly to: MessagePort;
}

// A thread of its own: reading ten thousand rules takes seconds, in which calls must not wait.
parentPort?.on('message', ({ order, to }: Errand) => {
  for (const piece of piecesOf(order)) to.postMessage(piece);
  // All is there to be taken, piece by piece.
  parentPort?.postMessage(null);
});
