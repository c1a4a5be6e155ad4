import { createHash, X509Certificate } from 'node:crypto';
import { chromium, type Browser } from 'playwright-core';
import { isExecutable } from './find-program.ts';

const program = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

/** Says what is missing for tests with a browser, or null when they can run. */
export function missingForBrowser(): string | null {
  if (isExecutable(program)) return null;
  return `no Chromium at ${program}: install Debian's chromium, or name one by CHROMIUM_BIN`;
}

/**
 * Chromium without a screen, with a beeping microphone that needs no permission, and without calls home.
 * @param trusted certificates (PEM) that it takes from whomever has their keys
 */
export function openBrowser(trusted: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    headless: true,
    timeout: 30_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      // Loopback candidates instead of mDNS names, which nobody here resolves.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      ...(trusted.length > 0
        ? [`--ignore-certificate-errors-spki-list=${trusted.map(publicKeyHash).join(',')}`]
        : []),
    ],
  });
}

/** SHA-256 of the SubjectPublicKeyInfo, base64, as Chromium wants it. */
function publicKeyHash(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}
