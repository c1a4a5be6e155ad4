import { readFile, stat, writeFile } from 'node:fs/promises';
import { checkPlan, type PlanCheck } from '../check.ts';
import { differenceInWords, diffPlans, diffTexts } from '../diff.ts';
import { formatProblem, PlanError } from '../errors.ts';
import { formatPlan } from '../format.ts';
import { knownNames } from '../nearest.ts';
import { explain, resolve } from '../resolve.ts';
import { planJsonSchema } from '../schema/json-schema.ts';
import { routeInWords, traceInWords } from '../words.ts';
import { callOf, parseOptions, usage, UsageError, usageHint, type Options } from './options.ts';
import { planPaths, readPrompts, readSnapshot, standardInput } from './read.ts';

export interface CliOptions {
  readonly argv: readonly string[];
  /** What is looked at when nothing is named. */
  readonly plans: string;
  readonly prompts: string;
  readonly nowMs: number;
  /** All of standard input. */
  readonly stdin: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface Asked {
  readonly operands: readonly string[];
  readonly given: Options;
  readonly cli: CliOptions;
}

/** The exit code. */
export async function runCli(cli: CliOptions): Promise<0 | 1 | 2> {
  let json = false;
  try {
    const { positionals, values } = parseOptions(cli.argv);
    json = values.json === true;
    const [command = '', ...operands] = positionals;
    if (values.help === true) {
      cli.out(usage);
      return 0;
    }
    const run = commands[command as keyof typeof commands] as Command | undefined;
    if (!Object.hasOwn(commands, command) || run === undefined) {
      const known = Object.keys(commands);
      throw new UsageError(
        command === ''
          ? `what is to be done? One of: ${known.join(', ')}.`
          : `there is no "${command}". ${knownNames(command, known)}`,
      );
    }
    return await run({ operands, given: values, cli });
  } catch (error) {
    if (error instanceof UsageError) {
      cli.err(`${error.message}\n${usageHint}`);
      return 2;
    }
    if (error instanceof PlanError) {
      if (json) cli.out(inJson({ problems: error.problems }));
      else cli.err(`${error.problems.map(formatProblem).join('\n')}\n`);
      return 1;
    }
    if (error instanceof Error && 'code' in error) {
      cli.err(`${inWords(error)}\n`);
      return 2;
    }
    throw error;
  }
}

/** Of the system’s errors. */
function inWords(error: Error & { readonly code?: unknown; readonly path?: unknown }): string {
  const path = typeof error.path === 'string' ? error.path : null;
  if (error.code === 'ENOENT' && path !== null) return `there is no ${path}`;
  if (error.code === 'EACCES' && path !== null) return `${path} may not be read or written`;
  return error.message;
}

function inJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

type Command = (asked: Asked) => Promise<0 | 1 | 2>;

const commands = { check, resolve: tell, explain: tellWhy, diff, fmt, schema } satisfies Record<
  string,
  Command
>;

async function checked({ given, cli }: Asked, path: string): Promise<PlanCheck> {
  if (given.prompts !== undefined) await stat(given.prompts);
  const { texts, fragments } = await readSnapshot(path, cli);
  return checkPlan(texts, { fragments, prompts: await readPrompts(given.prompts ?? cli.prompts) });
}

async function check(asked: Asked): Promise<0 | 1> {
  const { operands, given, cli } = asked;
  const [path = given.plans ?? cli.plans] = upTo(1, operands);
  const { plan, problems, tests } = await checked(asked, path);
  const passed = tests.filter((test) => test.passed).length;
  if (given.json === true) {
    cli.out(inJson({ good: plan !== null, version: plan?.version ?? null, problems, tests }));
  } else if (plan === null) {
    cli.err(`${problems.map(formatProblem).join('\n')}\n${counted(problems.length, 'mistake')}\n`);
  } else {
    const tested = tests.length === 0 ? 'no tests' : `${passed} of ${counted(tests.length, 'test')} passed`;
    cli.out(`${plan.name}: ${counted(plan.rules.length, 'rule')}, ${tested}, version ${plan.version}\n`);
  }
  return plan === null ? 1 : 0;
}

async function tell(asked: Asked): Promise<0 | 1> {
  return decide(asked, false);
}

async function tellWhy(asked: Asked): Promise<0 | 1> {
  return decide(asked, true);
}

async function decide(asked: Asked, why: boolean): Promise<0 | 1> {
  const { operands, given, cli } = asked;
  const [called] = upTo(1, operands);
  if (called === undefined) throw new UsageError('which number is called?');
  const { plan, problems } = await checked(asked, given.plans ?? cli.plans);
  if (plan === null) throw new PlanError(problems);
  const call = callOf(called, given, plan, cli.nowMs);
  const resolution = why ? explain(plan, call) : resolve(plan, call);
  if (given.json === true) cli.out(inJson(why ? resolution : resolution.route));
  else cli.out(`${[...(why ? traceInWords(resolution) : []), routeInWords(resolution)].join('\n')}\n`);
  return 0;
}

async function diff({ operands, given, cli }: Asked): Promise<0 | 1> {
  const [before, after] = upTo(2, operands);
  if (before === undefined || after === undefined) throw new UsageError('diff needs two folders or files');
  if (before === standardInput && after === standardInput) throw new UsageError('only one of them can be -');
  const [old, young] = [await readSnapshot(before, cli), await readSnapshot(after, cli)];
  const differences = diffPlans(old, young);
  const patch = diffTexts(old, young);
  if (given.json === true) cli.out(inJson({ differences, patch }));
  else if (patch !== '') {
    const words = differences.length === 0 ? ['nothing that counts'] : differences.map(differenceInWords);
    cli.out(`${words.join('\n')}\n\n${patch}`);
  }
  return patch === '' ? 0 : 1;
}

async function fmt({ operands, given, cli }: Asked): Promise<0 | 1> {
  const named = operands.length === 0 ? [given.plans ?? cli.plans] : operands;
  if (named.includes(standardInput)) return fmtPiped({ operands, given, cli });
  const paths = (await Promise.all(named.map(planPaths))).flat();
  // All are read and laid out before one is written, so that a mistake in one leaves all as they are.
  const texts = await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
  const others = texts
    .map(({ path, text }) => ({ path, text, formatted: formatPlan(path, text) }))
    .filter(({ text, formatted }) => formatted !== text);
  for (const { path, formatted } of others) if (given.check !== true) await writeFile(path, formatted);
  if (given.json === true) cli.out(inJson({ changed: others.map(({ path }) => path) }));
  else cli.out(others.map(({ path }) => `${path}\n`).join(''));
  return others.length > 0 && given.check === true ? 1 : 0;
}

/** Standard input laid out, on standard output; with `--check` nothing but the exit code. */
async function fmtPiped({ operands, given, cli }: Asked): Promise<0 | 1> {
  upTo(1, operands);
  const text = await cli.stdin();
  const formatted = formatPlan('(standard input)', text);
  if (given.check !== true) cli.out(formatted);
  return given.check === true && formatted !== text ? 1 : 0;
}

function schema({ cli }: Asked): Promise<0> {
  cli.out(`${JSON.stringify(planJsonSchema(), null, 2)}\n`);
  return Promise.resolve(0);
}

function upTo(count: number, operands: readonly string[]): readonly (string | undefined)[] {
  if (operands.length > count) throw new UsageError(`"${operands[count] ?? ''}" is one too many`);
  return operands;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
