import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  readCertificates,
  validityWarning,
  WatchedCertificates,
} from '../../../../../../gateway/sip/edge/transport/certificates.ts';
import { CertificateFiles, TestAuthority } from '../../../../../support/certificates.ts';

const authority = new TestAuthority();
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function files(): CertificateFiles {
  const made = new CertificateFiles(authority.issue({ dnsNames: ['gw.example'] }), authority);
  closers.push(() => made.remove());
  return made;
}

describe('the files of TLS', () => {
  it('are read', () => {
    const { leaf } = readCertificates(files().files);
    expect(leaf.subjectAltName).toBe('DNS:gw.example');
  });

  it.each([
    ['are missing', (one) => rmSync(one.key), 'TLS_FILE_MISSING', /key\.pem can’t be read \(ENOENT\)/],
    [
      'are no certificate',
      (one) => writeFileSync(one.certificate, 'nothing'),
      'TLS_CERTIFICATE_UNREADABLE',
      /certificate\.pem has no certificate/,
    ],
    [
      'are no key',
      (one) => writeFileSync(one.key, 'nothing'),
      'TLS_KEY_UNREADABLE',
      /key\.pem has no private key/,
    ],
    [
      'do not belong together',
      (one) => writeFileSync(one.key, authority.issue({}).key),
      'TLS_KEY_MISMATCH',
      /key in .*key\.pem is not the one/,
    ],
    ['have no authority', (one) => writeFileSync(one.ca, ''), 'TLS_CERTIFICATE_UNREADABLE', /ca\.pem/],
  ] as [string, (one: CertificateFiles) => void, string, RegExp][])(
    'that %s are named',
    (_what, spoil, code, text) => {
      const spoilt = files();
      spoil(spoilt);
      expect(() => readCertificates(spoilt.files)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(text) as string }),
      );
    },
  );

  it('are warned of before and after their time', () => {
    const material = readCertificates(files().files);
    const day = 86_400_000;
    const [from, to] = [Date.parse(material.leaf.validFrom), Date.parse(material.leaf.validTo)];
    expect(validityWarning(material, from + 1_000)).toBeUndefined();
    expect(validityWarning(material, from - day)).toContain('clock');
    expect(validityWarning(material, to - day)).toContain('renew');
    expect(validityWarning(material, to + day)).toContain('ended');
  });
});

it('files that are replaced are noticed, certificate and key together', async () => {
  const made = files();
  const certificates = new WatchedCertificates(made.files);
  closers.push(() => certificates.close());
  const outcomes: string[] = [];
  certificates.onReload((outcome) => outcomes.push(outcome));
  const next = authority.issue({ dnsNames: ['renewed.example'] });
  made.write(next);
  await vi.waitFor(() => expect(certificates.current.cert).toBe(next.cert), { timeout: 10_000 });
  expect(outcomes).toEqual(['reloaded']);
});
