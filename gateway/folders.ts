import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's own folder, from source and from `dist/` alike. */
export const projectFolder = fileURLToPath(
  ['..', '../..']
    .map((up) => new URL(`${up}/`, import.meta.url))
    .find((folder) => existsSync(new URL('package.json', folder))) ?? new URL('../', import.meta.url),
);
