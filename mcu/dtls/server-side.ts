import { randomBytes } from 'node:crypto';
import { cipherSuites } from './cipher-suites.ts';
import { DtlsAlert, handshakeType } from './constants.ts';
import type { Handshake, Side } from './handshake.ts';
import { unexpected } from './handshake.ts';
import { readClientHello, serverHelloBody } from './hellos.ts';
import type { ClientHello } from './hellos.ts';
import { groupIds, makeKeyShare } from './key-exchange.ts';
import type { KeyShare } from './key-exchange.ts';
import type { HandshakeMessage } from './reassembly.ts';
import { ownScheme, signatureSchemeIds } from './signatures.ts';
import { chooseSrtpProfile } from './srtp-profiles.ts';
import { WireReader, uint16, uint16s, uint8, vector } from './wire.ts';

const namedCurve = 3;
/** RFC 5246 §7.4.4, RFC 8422 §5.5: rsa_sign, ecdsa_sign. */
const certificateTypes = Buffer.from([1, 64]);

type Awaits = 'hello' | 'certificate' | 'key-exchange' | 'certificate-verify' | 'finished';

/** The passive end: waits for a ClientHello whose cookie is right, and asks for a certificate. */
export class ServerSide implements Side {
  readonly #handshake: Handshake;
  #awaits: Awaits = 'hello';
  #share: KeyShare | null = null;
  #extendedMasterSecret = false;

  constructor(handshake: Handshake) {
    this.#handshake = handshake;
  }

  take(message: HandshakeMessage): boolean {
    const { type, body } = message;
    switch (this.#awaits) {
      case 'hello':
        if (type !== handshakeType.clientHello) throw unexpected(type);
        this.#handshake.received(message);
        this.#answerHello(readClientHello(body));
        this.#awaits = 'certificate';
        return false;
      case 'certificate':
        if (type !== handshakeType.certificate) throw unexpected(type);
        this.#handshake.takeCertificate(body);
        this.#handshake.received(message);
        this.#awaits = 'key-exchange';
        return false;
      case 'key-exchange':
        if (type !== handshakeType.clientKeyExchange) throw unexpected(type);
        this.#handshake.received(message);
        this.#takeKeyExchange(body);
        this.#awaits = 'certificate-verify';
        return false;
      case 'certificate-verify':
        if (type !== handshakeType.certificateVerify) throw unexpected(type);
        this.#handshake.takeSignature(new WireReader(body), this.#handshake.transcript());
        this.#handshake.received(message);
        this.#awaits = 'finished';
        return false;
      case 'finished':
        if (type !== handshakeType.finished) throw unexpected(type);
        this.#handshake.checkFinished(body);
        this.#handshake.received(message);
        this.#handshake.flight.begin();
        this.#handshake.addFinished();
        this.#handshake.flight.send(false);
        return true;
    }
  }

  #answerHello(hello: ClientHello): void {
    const handshake = this.#handshake;
    const suite = cipherSuites.find(
      ({ id, signature }) => signature === 'ecdsa' && hello.suites.includes(id),
    );
    const group = groupIds.find((id) => hello.groups.includes(id));
    const profile = chooseSrtpProfile(hello.srtpProfiles);
    if (!suite || group === undefined || !hello.signatureSchemes.includes(ownScheme))
      throw new DtlsAlert('handshake_failure', 'The peer has no cipher suite, group or signature in common.');
    // RFC 5764 §4.1: without SRTP keys the association would be of no use.
    if (!profile) throw new DtlsAlert('handshake_failure', 'The peer offers no SRTP profile in common.');
    const random = randomBytes(32);
    this.#share = makeKeyShare(group);
    this.#extendedMasterSecret = hello.extendedMasterSecret;
    handshake.agreed(suite, { client: hello.random, server: random }, profile);
    const parameters = Buffer.concat([uint8(namedCurve), uint16(group), vector(1, this.#share.publicKey)]);
    const { extendedMasterSecret } = hello;
    handshake.flight.begin();
    handshake.add(
      handshakeType.serverHello,
      serverHelloBody({ random, suite: suite.id, srtpProfile: profile.id, extendedMasterSecret }, hello),
    );
    handshake.addCertificate();
    handshake.add(
      handshakeType.serverKeyExchange,
      Buffer.concat([parameters, handshake.sign(Buffer.concat([hello.random, random, parameters]))]),
    );
    const authorities = vector(2, Buffer.alloc(0));
    handshake.add(
      handshakeType.certificateRequest,
      Buffer.concat([vector(1, certificateTypes), uint16s(2, signatureSchemeIds), authorities]),
    );
    handshake.add(handshakeType.serverHelloDone, Buffer.alloc(0));
    handshake.flight.send(true);
  }

  #takeKeyExchange(body: Buffer): void {
    const reader = new WireReader(body);
    const peerKey = reader.vector(1);
    reader.end();
    if (!this.#share) throw unexpected(handshakeType.clientKeyExchange);
    this.#handshake.deriveKeys(this.#share.agree(peerKey), this.#extendedMasterSecret);
  }
}
