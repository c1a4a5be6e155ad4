import { describe, expect, it } from 'vitest';
import {
  HostSettingsError,
  explainedSettings,
  promptFolderOf,
  readSettings,
} from '../../../../mcu/host/options.ts';

const secret = 'a-secret-of-the-test';
const least = { MEDIA_HOST_SECRET: secret, PUBLIC_IP: '203.0.113.7' };

function problemsOf(environment: Record<string, string>): string {
  try {
    readSettings({ ...least, ...environment });
  } catch (error) {
    expect(error).toBeInstanceOf(HostSettingsError);
    return (error as Error).message;
  }
  return '';
}

describe('a media host’s settings', () => {
  it('need a secret and an address for callers, and have defaults for all else', () => {
    expect(readSettings({ ...least, PATH: '/bin', MEDIA_HOST_URL: 'ws://10.0.0.5:9030' })).toMatchObject({
      MEDIA_HOST_LISTEN: '127.0.0.1',
      MEDIA_HOST_PORT: 9030,
      MEDIA_HOST_RTP_PORT_MIN: 20_000,
    });
    expect(() => readSettings({})).toThrow(/MEDIA_HOST_SECRET is missing: it is what gateways have to know/);
  });

  it.each([
    [{ MEDIA_HOST_SECRET: 'short' }, 'MEDIA_HOST_SECRET: write at least 16 characters'],
    [{ MEDIA_HOST_PROT: '1' }, 'MEDIA_HOST_PROT: there is no such setting.'],
    [{ MEDIA_HOST_PORT: 'x' }, 'MEDIA_HOST_PORT'],
    [{ MEDIA_HOST_LISTEN: 'media.example' }, 'MEDIA_HOST_LISTEN: write an IP address'],
    [{ MEDIA_HOST_LISTEN: '0.0.0.0' }, 'calls’ keys would come unencrypted'],
    [{ MEDIA_HOST_LISTEN: '203.0.113.7' }, 'calls’ keys would come unencrypted'],
    [{ MEDIA_HOST_TLS_CERT: import.meta.filename }, 'go together'],
    [{ MEDIA_HOST_TLS_CERT: '/none', MEDIA_HOST_TLS_KEY: '/none' }, 'there is no file “/none”'],
    [{ PUBLIC_IP: '' }, 'PUBLIC_IP is missing'],
    [{ PUBLIC_IP: '2001:db8::1', PUBLIC_IPV6: '2001:db8::2' }, 'both IPv6'],
    [{ MEDIA_HOST_RTP_PORT_MAX: '20001' }, 'at least 3 above'],
    [{ MEDIA_HOST_PROMPT_FOLDER: '/none' }, 'there is no folder'],
  ])('%j is refused in words', (environment, words) => {
    const said = problemsOf(environment);
    expect(said).toContain(words);
    expect(said).not.toContain(secret);
  });

  it('take any address with a certificate, or where somebody answers for it', () => {
    const file = import.meta.filename;
    expect(
      problemsOf({ MEDIA_HOST_LISTEN: '0.0.0.0', MEDIA_HOST_TLS_CERT: file, MEDIA_HOST_TLS_KEY: file }),
    ).toBe('');
    expect(problemsOf({ MEDIA_HOST_LISTEN: '0.0.0.0', MEDIA_HOST_PLAIN: 'anywhere' })).toBe('');
    expect(problemsOf({ PUBLIC_IP: '', MEDIA_HOST_ADDRESS: '10.0.0.5' })).toBe('');
  });

  it('name the prompts that ship, and are all explained', () => {
    expect(promptFolderOf(readSettings(least))).toMatch(/gateway\/prompts\/$/);
    const text = explainedSettings();
    expect(text).toContain('MEDIA_HOST_SECRET (needed)');
    expect(text).toContain('MEDIA_HOST_PORT (9030)');
  });
});
