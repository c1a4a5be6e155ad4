import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CanaryDesk } from '../../gateway/plans/canary-desk.ts';
import { PlanDesk } from '../../gateway/plans/desk.ts';
import { openPlans } from '../../gateway/plans/open.ts';
import type { PlansOptions } from '../../gateway/plans/options.ts';
import type { Plans } from '../../gateway/plans/plans.ts';
import { promptCatalog } from '../../gateway/prompts/catalog.ts';
import { shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import { openDatabase, type Database } from '../../gateway/records/database.ts';
import { quietLog } from './quiet-log.ts';

/** A plan with one rule: who calls `number` hears itself. */
export const echoPlan = (rule: string, number: number | string): string =>
  `version: 1\nrules:\n  - name: ${rule}\n    match: { called: ${number} }\n    action: echo\n`;

/** The prompts that ship. */
export const shippedPrompts = () => promptCatalog(shippedPromptFolder());

export interface TestPlans {
  readonly plans: Plans;
  readonly desk: PlanDesk;
  readonly canaries: CanaryDesk;
  readonly database: Database;
  /** Of the plans' files. */
  readonly folder: string;
  writeFile(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export interface TestPlansOptions extends Partial<
  Omit<PlansOptions, 'db' | 'folder' | 'copyFile' | 'onChanged'>
> {
  /** Empty: SQLite. */
  readonly url?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** To go on in, as after a restart; left out: a new one. */
  readonly dataFolder?: string;
  readonly onChanged?: NonNullable<PlansOptions['onChanged']>;
}

/** The real plans over a database and a folder of files; they look at the database when they are told to. */
export async function openTestPlans(options: TestPlansOptions = {}): Promise<TestPlans> {
  const { url = '', files = { 'main.yaml': echoPlan('main', 1000) }, dataFolder, ...more } = options;
  const log = options.log ?? quietLog();
  const folder = await mkdtemp(join(tmpdir(), 'plans-'));
  const data = dataFolder ?? join(folder, 'data');
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  await mkdir(data, { recursive: true });
  const database = await openDatabase({ url, dataFolder: data, log });
  const clock = options.clock ?? { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const plans = await openPlans({
    ...{ folder, db: database.db, copyFile: join(data, 'plans.json') },
    ...{ prompts: shippedPrompts, pollMs: 1_000_000, ...more, clock, log },
  });
  return {
    plans,
    desk: new PlanDesk(plans, clock),
    canaries: new CanaryDesk(plans, clock),
    database,
    folder,
    writeFile: write,
    close: async () => {
      await plans.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
