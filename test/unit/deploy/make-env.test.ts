import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvFile } from '../../support/compose-file.ts';
import { freshEnvFolder } from '../../support/made-env.ts';
import type { MadeEnv } from '../../support/made-env.ts';

describe('deploy/make-env.sh', () => {
  let folder: MadeEnv;
  beforeEach(() => {
    folder = freshEnvFolder();
  });
  afterEach(() => folder.remove());

  it('writes .env with the address and a secret of its own for everything that needs one', () => {
    expect(folder.make('203.0.113.5')).toMatchObject({ exitCode: 0 });
    const made = readEnvFile(folder.text());
    expect(made).toMatchObject({ PUBLIC_IP: '203.0.113.5', HOST_IP: '203.0.113.5' });
    const secrets = Object.entries(made).filter(([name]) => /_(SECRET|PASSWORD|TOKEN|KEY)$/.test(name));
    expect(secrets.length).toBeGreaterThanOrEqual(7);
    for (const [, secret] of secrets) expect(secret).toMatch(/^[0-9a-f]{48}$/);
    expect(new Set(secrets.map(([, secret]) => secret)).size).toBe(secrets.length);
    expect(Object.entries(made).filter(([, value]) => value === '')).toEqual([]);
  });

  it('takes the machine’s own address beside the one that callers see', () => {
    folder.make('203.0.113.5', '10.0.0.4');
    expect(readEnvFile(folder.text())).toMatchObject({ PUBLIC_IP: '203.0.113.5', HOST_IP: '10.0.0.4' });
  });

  it('leaves it to its owner’s eyes', () => {
    folder.make('203.0.113.5');
    expect(statSync(folder.file).mode & 0o777).toBe(0o600);
  });

  it('touches no .env that is there: its secrets are in use', () => {
    folder.make('203.0.113.5');
    const before = folder.text();
    const again = folder.make('203.0.113.6');
    expect(again.exitCode).toBe(1);
    expect(again.said).toContain('nothing was changed');
    expect(folder.text()).toBe(before);
  });

  it('says how it is used without an address, or with a name for one', () => {
    for (const args of [[], ['gateway.example.com'], ['203.0.113.5; reboot'], ['203.0.113.5', 'eth0']]) {
      const answer = folder.make(...args);
      expect(answer.exitCode).toBe(2);
      expect(answer.said).toContain('Usage');
    }
  });
});
