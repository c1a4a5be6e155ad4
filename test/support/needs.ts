import { describe } from 'vitest';

/**
 * A `describe` that needs something of the machine. What is missing is said loudly; with
 * `CI=true` (there everything is installed) it is a failure.
 * @param missing Sentences about what is not there; null: it is.
 */
export function describeWith(missing: readonly (string | null)[], name: string, body: () => void): void {
  const gaps = missing.filter((one) => one !== null);
  if (gaps.length === 0) {
    describe(name, body);
    return;
  }
  const sentence = `NOT RUN: ${name}: ${gaps.join('; ')}`;
  if (process.env.CI === 'true') throw new Error(sentence);
  process.stderr.write(`\n*** ${sentence}\n\n`);
  describe.skip(`${name} (${gaps.join('; ')})`, body);
}
