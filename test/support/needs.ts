import { describe, test } from 'vitest';

/**
 * A `describe` that needs something of the machine. What is missing is said loudly; with
 * `CI=true` (there everything is installed) it is a failure, unless it is `elective`: nothing that a set-up
 * could install.
 * @param missing Sentences about what is not there; null: it is.
 */
export function describeWith(
  missing: readonly (string | null)[],
  name: string,
  body: () => void,
  { elective = false } = {},
): void {
  const gaps = missing.filter((one) => one !== null);
  if (gaps.length === 0) {
    describe(name, body);
    return;
  }
  const sentence = `NOT RUN: ${name}: ${gaps.join('; ')}`;
  if (process.env.CI === 'true' && !elective) throw new Error(sentence);
  process.stderr.write(`\n*** ${sentence}\n\n`);
  describe.skip(`${name} (${gaps.join('; ')})`, body);
}

/** A test that is left out for a reason, which the run's report shows; null: it runs. */
export function testUnless(
  why: string | null,
): (name: string, body: () => Promise<void>, ms?: number) => void {
  if (why === null) return test;
  return (name, body, ms) => test.skip(`${name} (left out: ${why})`, body, ms);
}
