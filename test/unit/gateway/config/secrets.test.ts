import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keptSecret, openDataFolder } from '../../../../gateway/config/secrets.ts';

it('makes a data folder for its owner only, and leaves one that is there as it is', () => {
  const parent = mkdtempSync(join(tmpdir(), 'gateway-secrets-'));
  const made = join(parent, 'data');
  openDataFolder(made);
  expect(statSync(made).mode & 0o777).toBe(0o700);
  chmodSync(parent, 0o755);
  openDataFolder(parent);
  expect(statSync(parent).mode & 0o777).toBe(0o755);
  rmSync(parent, { recursive: true });
});

it('makes a secret once, for its owner only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-secrets-'));
  const secret = keptSecret(folder, 'admin-token');
  expect(secret).toMatch(/^[\w-]{32}$/);
  expect(keptSecret(folder, 'admin-token')).toBe(secret);
  expect(statSync(join(folder, 'admin-token')).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});
