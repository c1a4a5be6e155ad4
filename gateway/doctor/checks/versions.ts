import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { failed, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';

const manifest = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** Node, and the packages that the gateway runs with: what they are, and what they should be. */
export function checkVersions(folder: string, node: string): readonly Finding[] {
  const own = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return [nodeFinding(node, own.engines?.node ?? '>=0'), packagesFinding(folder, own)];
}

function nodeFinding(node: string, wanted: string): Finding {
  const least = wanted.replace(/^>=/, '').split('.').map(Number);
  const have = node.split('.').map(Number);
  const isOld = have[0] < least[0] || (have[0] === least[0] && have[1] < (least.at(1) ?? 0));
  if (!isOld) return ok(`Node ${node}`);
  return failed(`Node ${node} is too old.`, {
    why: `The gateway needs Node ${least.join('.')} or newer.`,
    todo: 'Install a newer Node, then run npm start again.',
  });
}

function packagesFinding(folder: string, { version, dependencies }: z.infer<typeof manifest>): Finding {
  const names = Object.keys(dependencies);
  const wrong = names.flatMap((name) => {
    const have = versionOf(join(folder, 'node_modules', name));
    if (have === dependencies[name]) return [];
    return [have === null ? `${name} is missing` : `${name} is ${have}, not ${dependencies[name]}`];
  });
  if (wrong.length === 0) return ok(`gateway ${version}, its ${names.length} packages as they should be`);
  return failed(`Packages are not as they should be: ${wrong.join(', ')}.`, {
    why: 'The gateway is tested with exactly the versions in package.json.',
    todo: 'Stop the gateway and run npm start: it installs what is missing.',
  });
}

function versionOf(folder: string): string | null {
  try {
    return manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).version;
  } catch {
    return null;
  }
}
