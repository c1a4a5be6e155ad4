import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { promptCatalog } from '../../../../gateway/prompts/catalog.ts';
import { PromptFolder } from '../../../../gateway/prompts/prompts.ts';

let path = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'prompts-'));
  for (const file of [
    'en/welcome.wav',
    'de/welcome.wav',
    'tenants/acme/en/welcome.wav',
    'tenants/acme/de/sales.wav',
    'tenants/acme/music/hold.wav',
    'secret.wav',
  ]) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), '');
  }
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const acme = (language: 'en' | 'de') => ({ language, brands: ['acme'] });

it('has a tenant’s own words, else those that ship, else the tenant’s in another language', () => {
  const folder = new PromptFolder(path);
  expect(folder.prompt('welcome', acme('en'))).toBe('tenants/acme/en/welcome.wav');
  expect(folder.prompt('welcome', acme('de'))).toBe('de/welcome.wav');
  expect(folder.prompt({ prompt: 'sales' }, acme('en'))).toBe('tenants/acme/de/sales.wav');
  expect(folder.prompt('welcome', { language: 'en', brands: [] })).toBe('en/welcome.wav');
  expect(folder.prompt({ prompt: 'welcome', language: 'de' }, acme('en'))).toBe('de/welcome.wav');
  expect(folder.music(acme('en'))).toBe('tenants/acme/music/hold.wav');
  // A meeting's brand that has little, or is not there: the tenant's come next.
  const gala = { language: 'en', brands: ['gala', 'acme'] } as const;
  expect(folder.prompt('welcome', gala)).toBe('tenants/acme/en/welcome.wav');
  expect(folder.music(gala)).toBe('tenants/acme/music/hold.wav');
  expect(folder.music({ language: 'en', brands: ['other'] })).toBe('music/hold.wav');
});

it('has new ones at any time', () => {
  const folder = new PromptFolder(path);
  expect(folder.prompt({ prompt: 'news' }, acme('de'))).toBeNull();
  writeFileSync(join(path, 'tenants/acme/de/news.wav'), '');
  expect(folder.prompt({ prompt: 'news' }, acme('de'))).toBe('tenants/acme/de/news.wav');
});

it.each(['../secret', '../../secret', 'a/../../../secret', '/etc/passwd', '', '..', '.a'])(
  'leads nowhere else by the name “%s”',
  (name) => {
    const folder = new PromptFolder(path);
    expect(folder.prompt({ prompt: name }, acme('en'))).toBeNull();
    expect(folder.prompt('welcome', { language: 'en', brands: [name] })).toBe('en/welcome.wav');
  },
);

it('lists what a plan may name', async () => {
  writeFileSync(join(path, 'tenants/acme/en/notes.txt'), '');
  writeFileSync(join(path, 'tenants/acme/en/No Name.wav'), '');
  mkdirSync(join(path, 'tenants/.hidden'));
  expect(await promptCatalog(path)).toEqual({
    shipped: { en: ['welcome'], de: ['welcome'] },
    tenants: { acme: { en: ['welcome'], de: ['sales'] } },
  });
  expect(await promptCatalog(join(path, 'nowhere'))).toEqual({ shipped: { en: [], de: [] }, tenants: {} });
});
