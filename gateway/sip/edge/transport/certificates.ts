import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { silentLog } from '../log.ts';
import type { EdgeLog } from '../log.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Ours, and behind it those that lead to its authority. */
  readonly certificate: string;
  readonly key: string;
  /** Authorities that peers' certificates may come from; left out: those that Node.js brings. */
  readonly ca?: string;
}

/** What the files say, checked. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** Ours. */
  readonly leaf: X509Certificate;
}

export type CertificateFault =
  | 'TLS_FILE_MISSING'
  | 'TLS_CERTIFICATE_UNREADABLE'
  | 'TLS_KEY_UNREADABLE'
  /** The key belongs to another certificate. */
  | 'TLS_KEY_MISMATCH';

/** The files can't be used. `remedy` says what to do, as a sentence. */
export class CertificateError extends Error {
  readonly code: CertificateFault;
  readonly remedy: string;

  constructor(code: CertificateFault, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CertificateError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** Throws `CertificateError`. */
export function readCertificates(files: TlsFiles): TlsMaterial {
  const cert = readText(files.certificate);
  const key = readText(files.key);
  const ca = files.ca === undefined ? undefined : readText(files.ca);
  const leaf = parseCertificate(files.certificate, cert);
  if (files.ca !== undefined) parseCertificate(files.ca, ca ?? '');
  if (!leaf.checkPrivateKey(parseKey(files.key, key))) {
    throw new CertificateError(
      'TLS_KEY_MISMATCH',
      `The key in ${files.key} is not the one of the certificate in ${files.certificate}.`,
      'Name the key that the certificate was asked for with; the server’s own certificate is the first in its file.',
    );
  }
  const material = { cert, key, ca, leaf };
  tryOut(files.certificate, material);
  return material;
}

/** What a listener or a client shows and believes. TLS before 1.2 is gone (RFC 8996). */
export function contextOf({ cert, key, ca }: TlsMaterial): SecureContextOptions {
  return { cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new CertificateError(
      'TLS_FILE_MISSING',
      `The file ${file} can’t be read (${reason}).`,
      'Mend its path, or let the user that the gateway runs as read it.',
      error,
    );
  }
}

function parseCertificate(file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    const message = `${file} has no certificate in PEM form.`;
    const remedy = 'It has to begin with -----BEGIN CERTIFICATE-----; convert a DER file with openssl x509.';
    throw new CertificateError('TLS_CERTIFICATE_UNREADABLE', message, remedy, error);
  }
}

/** Above only the first certificate was read; TLS reads the chain behind it, and knows what is too weak. */
function tryOut(file: string, material: TlsMaterial): void {
  try {
    createSecureContext(contextOf(material));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${file} can’t be used for TLS (${reason}).`;
    const remedy = 'Look whether one of its certificates was cut off, or its key is too short.';
    throw new CertificateError('TLS_CERTIFICATE_UNREADABLE', message, remedy, error);
  }
}

function parseKey(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const message = `${file} has no private key in PEM form, or one under a passphrase.`;
    const remedy = 'Take the passphrase away with openssl pkey, and guard the file by its access rights.';
    throw new CertificateError('TLS_KEY_UNREADABLE', message, remedy, error);
  }
}

const dayMs = 86_400_000;
/** So long before its end a certificate should be renewed by now. */
const warnDays = 14;

/** What is wrong with the time that a certificate is good for, as a sentence; undefined: nothing. */
export function validityWarning({ leaf }: TlsMaterial, nowMs: number): string | undefined {
  const fromMs = Date.parse(leaf.validFrom);
  const toMs = Date.parse(leaf.validTo);
  if (nowMs > toMs) return `it ended on ${leaf.validTo}: peers that look at it refuse TLS; renew it`;
  if (nowMs < fromMs)
    return `it begins on ${leaf.validFrom}: check this machine’s clock, or wait with its use`;
  return toMs - nowMs < warnDays * dayMs ? `it ends on ${leaf.validTo}: renew it` : undefined;
}

export interface CertificateSource {
  readonly current: TlsMaterial;
  /** Tells of each later change, until the returned function is called. */
  onReload(listener: (outcome: 'reloaded' | 'failed') => void): () => void;
}

/**
 * How often the files are looked at. By polling, as certificates are often renewed by swapping links. A change is
 * taken up when nothing has changed since the last look: certificate and key are two files.
 */
const pollMs = 1_000;

/** The certificate as its files have it now; unusable new ones change nothing. */
export class WatchedCertificates implements CertificateSource {
  readonly #files: TlsFiles;
  readonly #log: EdgeLog;
  readonly #listeners = new Set<(outcome: 'reloaded' | 'failed') => void>();
  readonly #polling: NodeJS.Timeout;
  #seen: string;
  #changed = false;
  #current: TlsMaterial;

  /** Throws `CertificateError`. */
  constructor(files: TlsFiles, log: EdgeLog = silentLog) {
    this.#files = files;
    this.#log = log;
    // In this order, so that a change between the two is noticed.
    this.#seen = stateOf(files);
    this.#current = readCertificates(files);
    this.#polling = setInterval(() => this.#look(), pollMs).unref();
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  onReload(listener: (outcome: 'reloaded' | 'failed') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the files again; the certificate in use stays when they can't be used. */
  reload(): void {
    const { certificate } = this.#files;
    try {
      const read = readCertificates(this.#files);
      if (sameMaterial(read, this.#current)) return;
      this.#current = read;
      const { validTo, fingerprint256 } = read.leaf;
      this.#log.info({ certificate, validTo, fingerprint256 }, 'certificate reloaded');
      const warning = validityWarning(read, Date.now());
      if (warning !== undefined)
        this.#log.warn({ certificate, warning }, 'certificate is not good at this time');
      this.#tell('reloaded');
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      const { code, message, remedy } = error;
      this.#log.warn(
        { code, detail: message, remedy },
        'changed certificate can’t be used, the old one stays',
      );
      this.#tell('failed');
    }
  }

  close(): void {
    clearInterval(this.#polling);
  }

  #look(): void {
    const state = stateOf(this.#files);
    if (state !== this.#seen) {
      this.#seen = state;
      this.#changed = true;
    } else if (this.#changed) {
      this.#changed = false;
      this.reload();
    }
  }

  #tell(outcome: 'reloaded' | 'failed'): void {
    for (const listener of this.#listeners) listener(outcome);
  }
}

function sameMaterial(left: TlsMaterial, right: TlsMaterial): boolean {
  return left.cert === right.cert && left.key === right.key && left.ca === right.ca;
}

/** Another text: a file has changed. */
function stateOf({ certificate, key, ca }: TlsFiles): string {
  return [certificate, key, ca ?? '']
    .map((file) => {
      try {
        const { ino, mtimeMs, size } = statSync(file);
        return `${ino} ${mtimeMs} ${size}`;
      } catch {
        // Reading it says why in words.
        return '-';
      }
    })
    .join('|');
}
