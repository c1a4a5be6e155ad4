import { Worker } from 'node:worker_threads';
import { startWorker } from '../../gateway/plans/checker/thread.ts';

/** Threads that check plans: the first does that to its order, the next ones work. */
export function oddThread(code: string): { readonly start: () => Worker; readonly begun: Promise<void> } {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let isFirst = true;
  const start = (): Worker => {
    if (!isFirst) return startWorker();
    isFirst = false;
    const odd = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => { ${code} });`;
    begin();
    return new Worker(odd, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } });
  };
  return { start, begun };
}
