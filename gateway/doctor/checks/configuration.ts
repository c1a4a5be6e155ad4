import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PlanError } from '../../../dialplans/errors.ts';
import { readPlanFolder } from '../../../dialplans/folder.ts';
import type { Plan } from '../../../dialplans/plan.ts';
import { secretsOf } from '../../../dialplans/secrets.ts';
import { aliases, configKeys } from '../../config/keys.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { readPlanSecret } from '../../config/plan-secrets.ts';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../errors.ts';
import { PlanChecker } from '../../plans/checker/checker.ts';
import { promptCatalog } from '../../prompts/catalog.ts';
import type { StoredPlans } from '../../plans/stored.ts';
import { countingTexts } from '../../plans/texts.ts';
import { failed, leftOut, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

export interface ConfigSources {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** What the gateway would read, from the same places; null: it would not start with it. */
export function readConfiguration(sources: ConfigSources): {
  readonly config: Config | null;
  readonly findings: readonly Finding[];
} {
  try {
    const config = loadConfig(sources);
    return { config, findings: [ok(`read from ${placesOf(sources).join(', ')}`)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map((problem) =>
      // What a parser quotes of the file may be a secret: its first line says what and where.
      failed(problem.split('\n', 1)[0], {
        why: 'The gateway does not start with this.',
        todo: 'Mend it there; the gateway.yaml that ships lists every key, with its meaning and default.',
      }),
    );
    return { config: null, findings };
  }
}

/** The files and the names of environment variables that count. */
function placesOf({ argv, env, folder }: ConfigSources): string[] {
  const named = argv.join('\0').match(/(?:^|\0)--config[=\0]([^\0]+)/)?.[1];
  const file = named ?? join(folder, 'gateway.yaml');
  const known = new Set([...configKeys.map((key) => key.env), ...Object.keys(aliases)]);
  const variables = Object.keys(env).filter((name) => known.has(name) && env[name] !== undefined);
  return [
    existsSync(file) ? resolve(file) : `defaults (there is no ${resolve(file)})`,
    ...(variables.length > 0 ? [`the environment (${variables.sort().join(', ')})`] : []),
    ...(argv.some((one) => /^--(?!config\b)/.test(one)) ? ['options'] : []),
  ];
}

/** All plans together, of files and of the database, by the gateway's own check: what its next start would find. */
export async function checkDialPlan(
  folder: string,
  prompts: string,
  stored: () => Promise<StoredPlans>,
): Promise<readonly Finding[]> {
  const checker = new PlanChecker({ prompts: () => promptCatalog(prompts) });
  const { signal } = new AbortController();
  try {
    const files = await readPlanFolder(folder);
    const [plans, unseen] = await databasePlans(stored);
    const { plan, problems } = await checker.check(countingTexts(files, plans), files.fragments, signal);
    if (plan === null) throw new PlanError(problems);
    const { rules, trunks } = plan;
    const enabled = plans.plans.filter((one) => one.enabled).length;
    const beside = enabled === 0 ? '' : `, and ${enabled} plans of the database`;
    return [
      ok(`${rules.length} rules, ${trunks.length} trunks, in ${folder}${beside}`),
      ...unseen,
      ...(await missingSecrets(plan)),
    ];
  } catch (error) {
    return [
      failed(`The dial plan in ${folder} can’t be used.`, {
        why: messageOf(error),
        todo: 'Mend the named lines. A gateway that runs goes on with the last good plan, but would not start again.',
      }),
    ];
  } finally {
    await checker.close();
  }
}

/** Names and places only; what a secret is, is never shown. */
async function missingSecrets(plan: Plan): Promise<readonly Finding[]> {
  const found = await Promise.all(
    secretsOf(plan).map(async (secret) => {
      try {
        await readPlanSecret(secret);
        return [];
      } catch {
        const place =
          'env' in secret ? `the variable ${secret.env} is not set here` : `${secret.file} can’t be read`;
        return [
          warning(`The dial plan’s secret "${secret.name}" is not there.`, {
            why: `${place}; without it a policy goes by its fallback, and a trunk can’t be told who calls.`,
            todo: 'Set it where the gateway is started; this looked in the environment of the doctor.',
          }),
        ];
      }
    }),
  );
  return found.flat();
}

async function databasePlans(
  stored: () => Promise<StoredPlans>,
): Promise<readonly [plans: StoredPlans, unseen: readonly Finding[]]> {
  try {
    return [await stored(), []];
  } catch {
    const why = 'the database does not answer; only the files were looked at';
    return [{ revision: 0, plans: [], canaries: [] }, [leftOut('plans of the database', why)]];
  }
}
