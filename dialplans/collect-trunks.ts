import { parseBlock } from './blocks.ts';
import type { PlacedUnit, ReportIn } from './collect.ts';
import type { ParsedFile } from './parse.ts';
import { unknownSecret } from './rule.ts';
import type { TrunkSource } from './schema/trunk.ts';
import { secretPrefix } from './template.ts';
import type { Trunk } from './trunks.ts';
import type { NodePath } from './yaml.ts';

/** The trunks of all plans. */
export function collectTrunks(units: readonly PlacedUnit[], report: ReportIn): Trunk[] {
  const trunks = new Map<string, Trunk>();
  const owners = new Map<string, string>();
  for (const unit of units) {
    for (const file of unit.unit.files) {
      file.data.trunks.forEach((source, index) => {
        const path = ['trunks', index];
        if (trunks.has(source.name)) {
          const message = `there is another trunk "${source.name}"`;
          report(file, [...path, 'name'], 'PLAN_DUPLICATE_TRUNK', message, 'Rename one.');
        }
        trunks.set(source.name, trunkOf(source, unit, file, path, report));
        refuseSharedSources(source, file, path, owners, report);
      });
    }
  }
  return [...trunks.values()];
}

function trunkOf(
  { auth, sources = [], ...rest }: TrunkSource,
  { secrets }: PlacedUnit,
  file: ParsedFile,
  path: NodePath,
  report: ReportIn,
): Trunk {
  const trunk = { ...rest, sources: Object.freeze(sources) };
  if (auth === undefined) return Object.freeze(trunk);
  const name = auth.password.slice(`\${${secretPrefix}`.length, -1);
  const password = secrets.get(name);
  if (password === undefined) {
    const at = [...path, 'auth', 'password'];
    report(file, at, 'PLAN_UNKNOWN_SECRET', ...unknownSecret(name, secrets.keys()));
    return Object.freeze(trunk);
  }
  return Object.freeze({ ...trunk, auth: { user: auth.user, password } });
}

function refuseSharedSources(
  { name, sources = [], tls }: TrunkSource,
  file: ParsedFile,
  path: NodePath,
  owners: Map<string, string>,
  report: ReportIn,
): void {
  sources.forEach((text, index) => {
    const at = [...path, 'sources', index];
    const block = parseBlock(text);
    if (typeof block === 'string') {
      const remedy = 'Write an address like 192.0.2.1, or a block like 192.0.2.0/24 or 2001:db8::/32.';
      report(file, at, 'PLAN_BAD_SOURCE', `"${text}" ${block}`, remedy);
      return;
    }
    const key = `${block.value}/${block.bits}/${tls}`;
    const owner = owners.get(key);
    if (owner !== undefined) {
      const message = `"${text}" is a source of trunk "${owner}" already`;
      const remedy = 'A call can only come from one trunk; remove it from one of them.';
      report(file, at, 'PLAN_DUPLICATE_SOURCE', message, remedy);
    }
    owners.set(key, name);
  });
}
