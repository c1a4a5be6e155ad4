import { performance } from 'node:perf_hooks';
import { checkPlan, checkSource, plainContext } from '../../dialplans/check.ts';
import { compileUnits } from '../../dialplans/compile.ts';
import { longTextCost, maxRegexCost, maxRulesPerCall } from '../../dialplans/lint/cost.ts';
import { explainBriefly, resolve } from '../../dialplans/resolve.ts';
import { PlanChecker } from '../../gateway/plans/checker/checker.ts';
import {
  headerPlan,
  largePlan,
  lastRegexPlan,
  missed,
  worstPlan,
  type LargePlan,
} from '../support/large-plan.ts';

/** `npm run bench:dialplan`: what a call waits for its decision, and what calls wait while a plan is taken over. */
const ruleCount = 10_000;

async function measure(name: string, { text, call }: LargePlan): Promise<void> {
  const texts = [{ name: 'large.yaml', text }];
  const began = performance.now();
  const { plan, problems } = checkPlan(texts);
  if (plan === null) throw new Error(JSON.stringify(problems.slice(0, 3)));
  const checkMs = performance.now() - began;
  const { longestMs, totalMs } = await takeOver(texts);
  const calls = Array.from({ length: 5_000 }, (_, i) => call(i * 7919));
  for (const one of calls) resolve(plan, one);
  const times = calls.map((one) => bestOf(5, () => resolve(plan, one)));
  times.sort((a, b) => a - b);
  const at = (share: number): string =>
    `${((times[Math.floor(times.length * share)] ?? 0) * 1000).toFixed(1)} µs`;
  const start = performance.now();
  explainBriefly(plan, call(1));
  const explainMs = performance.now() - start;
  process.stdout.write(
    [
      `${name}: ${plan.rules.length} rules, ${Math.round(text.length / 1024)} KiB`,
      `  resolve: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${at(0.99999)}; a dry run ${explainMs.toFixed(0)} ms`,
      `  check in one go: ${checkMs.toFixed(0)} ms; aside: ${totalMs.toFixed(0)} ms, of which the event loop is held at most ${longestMs.toFixed(1)} ms at a time; longest step ${longestStep(texts).toFixed(1)} ms of CPU`,
      '',
    ].join('\n'),
  );
}

/** What a machine with other things to do adds is not the plan’s. */
function bestOf(runs: number, work: () => unknown): number {
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** The longest of the steps in which a checked plan is compiled: how long it holds the event loop, in CPU time. */
function longestStep(texts: Parameters<typeof checkPlan>[0]): number {
  const { source } = checkSource(texts, plainContext);
  const steps = compileUnits(source, []);
  let longestMs = 0;
  for (;;) {
    const before = process.cpuUsage();
    const { done } = steps.next();
    const { user, system } = process.cpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    if (done === true) return longestMs;
  }
}

/** How long anybody else has to wait while a plan is checked aside. */
async function takeOver(
  texts: Parameters<typeof checkPlan>[0],
): Promise<{ longestMs: number; totalMs: number }> {
  let last = performance.now();
  let longestMs = 0;
  const watch = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - 1);
    last = now;
  }, 1);
  const began = performance.now();
  const prompts = () => Promise.resolve({ shipped: {}, tenants: {} });
  const checker = new PlanChecker({ prompts });
  const { plan } = await checker.check(texts, {}, new AbortController().signal);
  const totalMs = performance.now() - began;
  clearInterval(watch);
  await checker.close();
  if (plan === null) throw new Error('a plan that is good in one go is good aside');
  return { longestMs, totalMs };
}

const realistic = largePlan(ruleCount);
await measure('realistic', realistic);
await measure('realistic, calls that no rule takes', missed(realistic));
await measure(
  'worst that the check lets pass',
  worstPlan(ruleCount, Math.floor(maxRegexCost / longTextCost), maxRulesPerCall - 1),
);
await measure('the last of many regexes', lastRegexPlan(ruleCount, maxRegexCost));
await measure('forty header fields', headerPlan(ruleCount));
