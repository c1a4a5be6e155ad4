import { parentPort, workerData } from 'node:worker_threads';
import { checkSource } from './check.ts';
import { handOver, type CheckOrder } from './hand-over.ts';

// A thread of its own: reading ten thousand rules takes a second, in which calls must not wait.
const { texts, context } = workerData as CheckOrder;
const { check, source } = checkSource(texts, context);
for (const message of handOver(check, source)) parentPort?.postMessage(message);
