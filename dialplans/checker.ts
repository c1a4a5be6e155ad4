import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { checkPlan, type CheckContext, type PlanCheck } from './check.ts';
import { compileUnits, type PlanSource } from './compile.ts';
import { filesOf, type CheckMessage, type CheckOrder } from './hand-over.ts';
import type { Plan } from './plan.ts';
import type { PlanText } from './units.ts';

/** Texts up to this size (UTF-16 units, together) are checked at once: some ten milliseconds. */
export const smallTexts = 16 * 1024;
/** A check of the largest plan takes seconds; what takes longer hangs. */
const deadlineMs = 60_000;
/** How long compiling goes on before others have their turn. */
const sliceMs = 5;

/**
 * The same check for whoever has calls to serve: large plans are read and checked in a thread of their own, and compiled
 * here in slices. Rejects when the thread fails, which no plan can make it do.
 */
export async function checkAside(texts: readonly PlanText[], context: CheckContext): Promise<PlanCheck> {
  const all = [...texts.map(({ text }) => text), ...Object.values(context.fragments)];
  const size = all.reduce((sum, text) => sum + text.length, 0);
  if (size <= smallTexts) return checkPlan(texts, context);
  const { source, good, check } = await checkInThread({ texts, context });
  return { plan: good && source !== null ? await compileInSlices(source) : null, ...check };
}

interface Outcome {
  readonly source: PlanSource | null;
  readonly good: boolean;
  readonly check: Omit<PlanCheck, 'plan'>;
}

function checkInThread(order: CheckOrder): Promise<Outcome> {
  const worker = startThread(order);
  let source: PlanSource | null = null;
  return new Promise<Outcome>((resolve, reject) => {
    const deadline = setTimeout(() => {
      reject(new Error('The dial plan was not checked in time.'));
      void worker.terminate();
    }, deadlineMs);
    worker.on('message', (message: CheckMessage) => {
      switch (message.kind) {
        case 'source':
          source = message.source;
          return;
        case 'rules':
          if (source !== null)
            filesOf(source)
              .at(message.file)
              ?.data.rules.push(...message.rules);
          return;
        case 'outcome':
          resolve({ source, good: message.good, check: message.check });
      }
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(deadline);
      // After an outcome this says nothing any more.
      reject(new Error('The thread that checks dial plans ended.'));
    });
  });
}

/** From a build as it is; from source through tsx, which a thread has to begin by itself. */
function startThread(order: CheckOrder): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./check-worker.js', import.meta.url), { workerData: order });
  }
  const packageFile = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('dist/esm/api/index.mjs', packageFile).href;
  const entry = new URL('./check-worker.ts', import.meta.url).href;
  const begin = `import(${JSON.stringify(tsx)}).then(({ tsImport }) => tsImport(${JSON.stringify(entry)}, ${JSON.stringify(entry)}))`;
  return new Worker(begin, { eval: true, workerData: order });
}

async function compileInSlices(source: PlanSource): Promise<Plan> {
  const steps = compileUnits(source, []);
  let since = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value.plan;
    if (performance.now() - since < sliceMs) continue;
    await setImmediate();
    since = performance.now();
  }
}
