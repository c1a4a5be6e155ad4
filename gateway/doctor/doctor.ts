import { projectFolder } from '../folders.ts';
import type { Checked } from './check.ts';
import { readConfiguration } from './checks/configuration.ts';
import type { ConfigSources } from './checks/configuration.ts';
import { checkVersions } from './checks/versions.ts';
import { secretsOf } from './discreet.ts';
import { leftOut } from './finding.ts';
import { installationChecks } from './installation.ts';
import { inJson, inWords, isWell, summary } from './print.ts';
import { runChecks } from './run-checks.ts';
import type { Ordered } from './run-checks.ts';
import { findGateway } from './running.ts';

/** Looks at an installation and writes what it finds, in words or as JSON. Resolves with the exit code: 1 when something has failed. */
export async function runDoctor(
  sources: ConfigSources,
  json: boolean,
  write: (text: string) => void,
): Promise<0 | 1> {
  const beganMs = performance.now();
  const { config, findings } = readConfiguration(sources);
  const secrets = config ? secretsOf(config) : [];
  const checks: Ordered[] = [
    {
      id: 'versions',
      title: 'versions',
      deadlineMs: 5_000,
      run: () => checkVersions(projectFolder, process.versions.node),
    },
    { id: 'configuration', title: 'configuration', deadlineMs: 1_000, run: () => findings },
    ...(config ? installationChecks(config, await findGateway(config)) : [nothingMore]),
  ];
  const all: Checked[] = [];
  for (const outcome of runChecks(checks)) {
    const checked = await outcome;
    all.push(checked);
    if (!json) write(inWords(checked, secrets));
  }
  write(json ? inJson(all, secrets) : `\n${summary(all, performance.now() - beganMs)}`);
  return isWell(all) ? 0 : 1;
}

const nothingMore: Ordered = {
  id: 'installation',
  title: 'all else',
  deadlineMs: 1_000,
  run: () => [leftOut('not looked at', 'without a configuration nobody knows where it is')],
};
