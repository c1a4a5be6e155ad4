import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { failed, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { StepName } from './codecs/steps.ts';
import { steps } from './codecs/steps.ts';

const told = z.object({
  step: z.enum(steps),
  state: z.enum(['began', 'done', 'failed']),
  why: z.string(),
});

const names: Readonly<
  Record<StepName, { readonly library: string; readonly what: string; readonly loss: string }>
> = {
  opus: { library: '@evan/opus', what: 'Opus', loss: 'Browsers’ voices can’t be read or made.' },
  h264: { library: 'node-av', what: 'H.264', loss: 'Room systems get no picture, and may lose their call.' },
  canvas: { library: '@napi-rs/canvas', what: 'drawing', loss: 'Names and screens can’t be drawn.' },
  webrtc: { library: 'node-datachannel', what: 'WebRTC', loss: 'No caller can join a LiveKit room.' },
  'rtc-node': {
    library: '@livekit/rtc-node',
    what: 'LiveKit’s own client',
    loss: 'media.link: rtc-node can’t be used.',
  },
};

/** What came of a step: it worked, said why not, or took its process along. */
export interface StepOutcome {
  readonly step: StepName;
  /** Null: it worked. */
  readonly why: string | null;
}

/** The libraries that this configuration needs. */
export function neededSteps({ video, media }: Config): readonly StepName[] {
  return steps.filter((step) => {
    if (step === 'h264' || step === 'canvas') return video.enabled === 'on';
    return step !== 'rtc-node' || media.link === 'rtc-node';
  });
}

export function codecFindings(outcomes: readonly StepOutcome[]): readonly Finding[] {
  const bad = outcomes.flatMap(({ step, why }) => (why === null ? [] : [{ ...names[step], why }]));
  if (bad.length === 0) return [ok(`${outcomes.map(({ step }) => names[step].what).join(', ')} work`)];
  return bad.map(({ library, what, loss, why }) =>
    failed(`${what} does not work (${library}).`, {
      why: `${why}. ${loss}`,
      todo: 'Stop the gateway, remove node_modules, run npm start; the library must suit this processor and system.',
    }),
  );
}

/** Runs each step in a child process; after a crash the next child goes on behind it. */
export async function tryCodecs(
  wanted: readonly StepName[],
  signal: AbortSignal,
  entry = ownEntry(),
): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  for (let left = wanted; left.length > 0;) {
    const some = await runChild(left, signal, entry);
    outcomes.push(...some);
    left = left.slice(Math.max(1, some.length));
  }
  return outcomes;
}

/** From a build its `.js` is run. */
function ownEntry(): URL {
  return new URL(`./codecs/main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

function runChild(wanted: readonly StepName[], signal: AbortSignal, entry: URL): Promise<StepOutcome[]> {
  const child = fork(fileURLToPath(entry), [wanted.join(',')], {
    execArgv: entry.pathname.endsWith('.ts')
      ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
      : [],
    silent: true,
    signal,
    killSignal: 'SIGKILL',
  });
  const outcomes: StepOutcome[] = [];
  let current: StepName = wanted[0];
  return new Promise((resolve) => {
    child.on('message', (message) => {
      const { step, state, why } = told.parse(message);
      current = step;
      if (state !== 'began') outcomes.push({ step, why: state === 'done' ? null : why });
    });
    const ended = (why: string): void => {
      if (outcomes.length < wanted.length && outcomes.at(-1)?.step !== current)
        outcomes.push({ step: current, why });
      resolve(outcomes);
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, killed) =>
      ended(killed === null ? `its process ended with ${code ?? 0}` : `its process crashed (${killed})`),
    );
  });
}
