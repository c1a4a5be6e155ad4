import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** Third-party data beside the repo, read where it is and never copied. */
export function sharedFixtures(folder: string): string | null {
  const path = fileURLToPath(new URL(`../../../shared/fixtures/${folder}`, import.meta.url));
  return existsSync(path) ? path : null;
}

/** A suite over shared data; says loudly which folder is missing when it can't run. */
export function describeShared(title: string, folder: string, suite: (path: string) => void): void {
  const path = sharedFixtures(folder);
  if (path !== null) {
    describe(title, () => suite(path));
    return;
  }
  console.warn(`NOT RUN: ${title}: ../shared/fixtures/${folder} is not there.`);
  describe.skip(`${title} (../shared/fixtures/${folder} is not there)`, () => undefined);
}
