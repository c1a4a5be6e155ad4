import { appendFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

function linkToItself(file: string): void {
  rmSync(file);
  symlinkSync(file, file);
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
    [
      'have a chain that is cut',
      (one) => appendFileSync(one.certificate, authority.cert.slice(0, 300)),
      'TLS_CERTIFICATE_UNREADABLE',
      /certificate\.pem can’t be used for TLS/,
    ],
    ['are a link to themselves', (one) => linkToItself(one.key), 'TLS_FILE_MISSING', /key\.pem .*ELOOP/],
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

it.each([
  ['a chain that is cut', (one) => appendFileSync(one.certificate, authority.cert.slice(0, 300))],
  ['a link to itself', (one) => linkToItself(one.certificate)],
] as [string, (one: CertificateFiles) => void][])('%s changes nothing but is told', async (_what, spoil) => {
  const made = files();
  const certificates = new WatchedCertificates(made.files);
  closers.push(() => certificates.close());
  const { cert } = certificates.current;
  const outcomes: string[] = [];
  certificates.onReload((outcome) => outcomes.push(outcome));
  spoil(made);
  await vi.waitFor(() => expect(outcomes).toEqual(['failed']), { timeout: 10_000 });
  expect(certificates.current.cert).toBe(cert);
});

it('a watch over what can’t be read is refused in words', () => {
  const made = files();
  linkToItself(made.certificate);
  expect(() => new WatchedCertificates(made.files)).toThrow(
    expect.objectContaining({ code: 'TLS_FILE_MISSING', remedy: expect.stringContaining('path') as string }),
  );
});
