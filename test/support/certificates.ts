/** Certificates for tests: an authority of our own, what it signs, and files of them. */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../gateway/config/x509.ts';
import type { CertificateFacts } from '../../gateway/config/x509.ts';

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export type KeyKind = 'P-256' | 'RSA-2048';

type Names = Partial<
  Pick<CertificateFacts, 'commonName' | 'dnsNames' | 'addresses' | 'uris' | 'notBefore' | 'notAfter'>
>;

const hourMs = 3_600_000;

export class TestAuthority {
  readonly cert: string;
  readonly #name: string;
  readonly #key: KeyObject;

  constructor(name = 'Authority of the tests') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#key = privateKey;
    this.cert = makeCertificate(
      { commonName: name, publicKey, ...validity(), isAuthority: true },
      privateKey,
    );
  }

  issue(names: Names, kind: KeyKind = 'P-256'): Issued {
    const { publicKey, privateKey } =
      kind === 'P-256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const facts = { commonName: 'test', ...validity(), ...names, publicKey, issuerName: this.#name };
    return { cert: makeCertificate(facts, this.#key), key: pem(privateKey) };
  }
}

/** Certificate, key and authority as files that can be replaced. */
export class CertificateFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  readonly certificate = join(this.folder, 'certificate.pem');
  readonly key = join(this.folder, 'key.pem');
  readonly ca = join(this.folder, 'ca.pem');

  constructor(issued: Issued, authority: TestAuthority) {
    this.write(issued);
    writeFileSync(this.ca, authority.cert);
  }

  write({ cert, key }: Issued): void {
    writeFileSync(this.key, key);
    writeFileSync(this.certificate, cert);
  }

  /** As the edge takes them. */
  get files(): { certificate: string; key: string; ca: string } {
    return { certificate: this.certificate, key: this.key, ca: this.ca };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - hourMs), notAfter: new Date(Date.now() + 1_000 * hourMs) };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
