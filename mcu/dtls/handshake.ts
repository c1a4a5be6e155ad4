import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { CertificateFingerprint } from '../ports.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { DtlsAlert, handshakeType } from './constants.ts';
import { matchesFingerprint } from './fingerprint.ts';
import type { Flight } from './flight.ts';
import type { DtlsIdentity } from './identity.ts';
import { exportKeys, masterSecret, recordKeys, verifyData } from './key-schedule.ts';
import type { Randoms } from './key-schedule.ts';
import { wholeMessage } from './reassembly.ts';
import type { HandshakeMessage } from './reassembly.ts';
import type { RecordLayer } from './records.ts';
import { checkSignature, ownScheme, signOwn } from './signatures.ts';
import { exportedBytes, splitExported, srtpExporterLabel } from './srtp-profiles.ts';
import type { DtlsSrtpProfile, SrtpKeys } from './srtp-profiles.ts';
import { WireReader, uint16, vector } from './wire.ts';

export type End = 'client' | 'server';

/** The certificate that came is none of those that SDP announced. */
export class WrongFingerprint extends DtlsAlert {
  constructor() {
    super('bad_certificate', "The peer's certificate has another fingerprint than its SDP says.");
  }
}

/** What both sides of a handshake keep and do alike: transcript, keys, certificates, Finished. */
export class Handshake {
  readonly flight: Flight;
  readonly end: End;
  readonly #identity: DtlsIdentity;
  readonly #fingerprints: readonly CertificateFingerprint[];
  readonly #layer: RecordLayer;
  #transcript: Buffer[] = [];
  #nextSequence = 0;
  #suite: CipherSuite | null = null;
  #randoms: Randoms | null = null;
  #master: Buffer | null = null;
  #profile: DtlsSrtpProfile | null = null;
  /** Of the peer's certificate, once that has the right fingerprint. */
  peerKey: KeyObject | null = null;

  constructor(
    end: End,
    identity: DtlsIdentity,
    fingerprints: readonly CertificateFingerprint[],
    layer: RecordLayer,
    flight: Flight,
  ) {
    this.end = end;
    this.#identity = identity;
    this.#fingerprints = fingerprints;
    this.#layer = layer;
    this.flight = flight;
  }

  /** RFC 6347 §4.2.1: the first hello and the request to verify it don't count. */
  forgetTranscript(): void {
    this.#transcript = [];
  }

  /** RFC 6347 §4.2.2: a server that kept nothing goes on with the number that the client's hello has. */
  startSequenceAt(sequence: number): void {
    this.#nextSequence = sequence;
  }

  received(message: HandshakeMessage): void {
    this.#transcript.push(wholeMessage(message));
  }

  /** Into the present flight. */
  add(type: number, body: Buffer, epoch: 0 | 1 = 0): void {
    const message = { type, sequence: this.#nextSequence++, body };
    this.#transcript.push(wholeMessage(message));
    this.flight.add(message, epoch);
  }

  agreed(suite: CipherSuite, randoms: Randoms, profile: DtlsSrtpProfile): void {
    this.#suite = suite;
    this.#randoms = randoms;
    this.#profile = profile;
  }

  addCertificate(): void {
    this.add(handshakeType.certificate, vector(3, vector(3, this.#identity.certificate)));
  }

  /** RFC 5763 §5: whose certificate it is, only its fingerprint says; it is looked at before anything in it is. */
  takeCertificate(body: Buffer): void {
    const reader = new WireReader(body);
    const chain = new WireReader(reader.vector(3));
    reader.end();
    if (chain.left === 0) throw new DtlsAlert('handshake_failure', 'The peer has no certificate.');
    const certificate = chain.vector(3);
    if (!matchesFingerprint(certificate, this.#fingerprints)) throw new WrongFingerprint();
    try {
      this.peerKey = new X509Certificate(certificate).publicKey;
    } catch {
      throw new DtlsAlert('bad_certificate', "The peer's certificate can't be read.");
    }
  }

  /** `scheme`, signature (RFC 5246 §4.7). */
  sign(data: Buffer): Buffer {
    return Buffer.concat([uint16(ownScheme), vector(2, signOwn(data, this.#identity.privateKey))]);
  }

  /** Reads what `sign` writes; throws unless the key of the peer's certificate made it. */
  takeSignature(reader: WireReader, data: Buffer): void {
    const scheme = reader.uint16();
    const signature = reader.vector(2);
    reader.end();
    if (!this.peerKey) throw new DtlsAlert('unexpected_message', 'A signature came before its certificate.');
    checkSignature(scheme, data, signature, this.peerKey);
  }

  /** What a CertificateVerify signs. */
  transcript(): Buffer {
    return Buffer.concat(this.#transcript);
  }

  /** Keys for both directions, now that the key exchange is in the transcript (RFC 7627 §4). */
  deriveKeys(preMaster: Buffer, extendedMasterSecret: boolean): void {
    const { suite, randoms } = this.#agreed();
    const transcript = extendedMasterSecret ? this.transcript() : null;
    this.#master = masterSecret(suite.hash, preMaster, randoms, transcript);
    const keys = recordKeys(suite, this.#master, randoms);
    const [write, read] = this.end === 'client' ? [keys.client, keys.server] : [keys.server, keys.client];
    this.#layer.setKeys({ cipher: suite.cipher, write, read });
  }

  addFinished(): void {
    this.flight.addChangeCipherSpec();
    this.add(handshakeType.finished, this.#verifyData(this.end), 1);
  }

  /** The peer's Finished, before it is in the transcript. */
  checkFinished(body: Buffer): void {
    const expected = this.#verifyData(this.end === 'client' ? 'server' : 'client');
    // Both were sent encrypted: there is nothing to learn from how long a comparison takes.
    if (!expected.equals(body)) throw new DtlsAlert('decrypt_error', 'The peer saw another handshake.');
  }

  srtpKeys(): SrtpKeys {
    const { suite, randoms, profile, master } = this.#agreed();
    const length = exportedBytes(profile);
    const exported = exportKeys(suite.hash, master(), srtpExporterLabel, randoms, length);
    return splitExported(exported, profile, this.end === 'client');
  }

  #verifyData(end: End): Buffer {
    const { suite, master } = this.#agreed();
    return verifyData(suite.hash, master(), end, this.transcript());
  }

  #agreed() {
    const [suite, randoms, profile] = [this.#suite, this.#randoms, this.#profile];
    if (!suite || !randoms || !profile)
      throw new DtlsAlert('unexpected_message', 'A message came before the hellos.');
    return {
      suite,
      randoms,
      profile,
      master: (): Buffer => {
        if (this.#master) return this.#master;
        throw new DtlsAlert('unexpected_message', 'A message came before the key exchange.');
      },
    };
  }
}

/** One side's way through a handshake. */
export interface Side {
  /** A message in order; true: the handshake is done. Throws `DtlsAlert`. */
  take(message: HandshakeMessage): boolean;
}

export function unexpected(type: number): DtlsAlert {
  return new DtlsAlert('unexpected_message', `The handshake message ${type} came out of turn.`);
}
