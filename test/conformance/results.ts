/** What one run of the clauses' tests showed, from vitest's JSON report. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { z } from 'zod';

const clause = z.object({
  section: z.string(),
  layer: z.enum(['gateway', 'stack']),
  onDrachtio: z.string().optional(),
});

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          meta: z.looseObject({ clause: clause.optional() }).optional(),
        }),
      ),
    }),
  ),
});

const shown = clause.extend({
  /** From the repository's root. */
  file: z.string(),
  test: z.string(),
  result: z.enum(['passed', 'failed', 'not run']),
});
export type Shown = z.infer<typeof shown>;

export const runSchema = z.strictObject({
  /** Day of the run, `2026-11-26`. */
  date: z.string(),
  /** Versions of what was tested. */
  versions: z.string(),
  shown: z.array(shown),
});
export type Run = z.infer<typeof runSchema>;

/** All tests of a report that name a clause. */
export function readReport(path: string, root: string): Shown[] {
  const report = vitestReport.parse(JSON.parse(readFileSync(path, 'utf8')));
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.flatMap(({ fullName, status, meta }) =>
      meta?.clause
        ? [{ ...meta.clause, file: relative(root, name), test: fullName, result: resultOf(status) }]
        : [],
    ),
  );
}

function resultOf(status: string): Shown['result'] {
  return status === 'passed' || status === 'failed' ? status : 'not run';
}
