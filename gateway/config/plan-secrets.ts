import { readFile } from 'node:fs/promises';
import type { NamedSecret } from '../ports.ts';

/** What a dial plan's secret names: a variable of the environment, or a file, whose last line break doesn't count. */
export async function readPlanSecret(secret: NamedSecret): Promise<string> {
  if ('file' in secret) return (await readFile(secret.file, 'utf8')).replace(/\r?\n$/, '');
  const value = process.env[secret.env];
  if (value === undefined || value === '') throw new Error(`${secret.env} is not set`);
  return value;
}
