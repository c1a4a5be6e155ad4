import { afterEach, expect, it, vi } from 'vitest';
import { missingForLiveKitSip } from '../../bench/livekit-sip.ts';
import { parseOptions } from '../../bench/options.ts';
import { startUntilReady } from '../../bench/ready-child.ts';

afterEach(() => vi.unstubAllEnvs());

it('names the program that is not there, and where it comes from', () => {
  expect(missingForLiveKitSip('/nowhere/livekit-sip')).toMatch(
    /^--livekit-sip \/nowhere\/livekit-sip: there is no such program; build github\.com\/livekit\/sip/,
  );
});

it('says that redis-server is missing, and how it is had', () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(missingForLiveKitSip(process.execPath)).toMatch(/needs redis-server on PATH.*apt-get install/);
});

it('measures it only when it is named, and never with encrypted callers', () => {
  expect(parseOptions([]).livekitSip).toBeNull();
  expect(parseOptions(['--livekit-sip', 'bin/livekit-sip']).livekitSip).toBe('bin/livekit-sip');
  expect(() => parseOptions(['--livekit-sip', 'bin/livekit-sip', '--srtp'])).toThrow(/without --srtp/);
});

it('tells what a program said that ended in place of starting', async () => {
  const script = `console.error('no such key: sip_prot'); process.exit(1)`;
  const started = startUntilReady(process.execPath, ['-e', script], 'listening');
  await expect(started).rejects.toThrow(/did not start:\nno such key: sip_prot/);
});

it('waits for the word, and ends the program when it is closed', async () => {
  const script = `setTimeout(() => console.log('now listening'), 1); setInterval(() => undefined, 1000)`;
  const child = await startUntilReady(process.execPath, ['-e', script], 'listening');
  expect(() => process.kill(child.pid, 0)).not.toThrow();
  await child.close();
  expect(() => process.kill(child.pid, 0)).toThrow();
  await child.close();
});
