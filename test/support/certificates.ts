/** Certificates for tests: an authority of our own, what it signs, and files of them. */
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
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
const longAgo = new Date(Date.UTC(2020, 0, 1));

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
  #unseenLength: number | undefined;

  constructor(issued: Issued, authority: TestAuthority) {
    this.write(issued);
    writeFileSync(this.ca, authority.cert);
  }

  write({ cert, key }: Issued): void {
    writeFileSync(this.key, key);
    writeFileSync(this.certificate, cert);
  }

  /**
   * Writes one of this authority's so that their state tells nobody: their size and time stay, from one such writing
   * to the next. Gives its fingerprint.
   */
  writeUnseen(authority: TestAuthority, names: Names): string {
    let issued: Issued;
    do issued = authority.issue(names);
    while (issued.cert.length !== (this.#unseenLength ??= issued.cert.length));
    this.write(issued);
    for (const file of [this.certificate, this.key]) utimesSync(file, longAgo, longAgo);
    return new X509Certificate(issued.cert).fingerprint256;
  }

  /** As the edge takes them. */
  get files(): { certificate: string; key: string; ca: string } {
    return { certificate: this.certificate, key: this.key, ca: this.ca };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Fingerprint of the certificate that this port of loopback shows. */
export async function shownAt(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - hourMs), notAfter: new Date(Date.now() + 1_000 * hourMs) };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
