import { randomBytes } from 'node:crypto';
import { cipherSuites } from './cipher-suites.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { DtlsAlert, handshakeType } from './constants.ts';
import type { Handshake, Side } from './handshake.ts';
import { unexpected } from './handshake.ts';
import { clientHelloBody, readHelloVerifyRequest, readServerHello } from './hellos.ts';
import type { ServerHello } from './hellos.ts';
import { groupIds, makeKeyShare } from './key-exchange.ts';
import type { KeyShare } from './key-exchange.ts';
import type { HandshakeMessage } from './reassembly.ts';
import { chooseSrtpProfile } from './srtp-profiles.ts';
import { WireReader, vector } from './wire.ts';

const namedCurve = 3;

type Awaits = 'hello' | 'certificate' | 'key-exchange' | 'request-or-done' | 'done' | 'finished';

/** The active end: says hello, and shows its certificate when it is asked to. */
export class ClientSide implements Side {
  readonly #handshake: Handshake;
  readonly #random = randomBytes(32);
  #awaits: Awaits = 'hello';
  #verified = false;
  #hello: ServerHello | null = null;
  #suite: CipherSuite | null = null;
  #share: KeyShare | null = null;
  #peerShare: Buffer | null = null;
  #certificateWanted = false;

  constructor(handshake: Handshake) {
    this.#handshake = handshake;
  }

  start(): void {
    this.#sayHello(Buffer.alloc(0));
  }

  take(message: HandshakeMessage): boolean {
    const { type, body } = message;
    switch (this.#awaits) {
      case 'hello':
        this.#takeHello(message);
        return false;
      case 'certificate':
        if (type !== handshakeType.certificate) throw unexpected(type);
        this.#handshake.takeCertificate(body);
        this.#handshake.received(message);
        this.#awaits = 'key-exchange';
        return false;
      case 'key-exchange':
        if (type !== handshakeType.serverKeyExchange) throw unexpected(type);
        this.#takeKeyExchange(body);
        this.#handshake.received(message);
        this.#awaits = 'request-or-done';
        return false;
      case 'request-or-done':
      case 'done':
        this.#handshake.received(message);
        if (type === handshakeType.certificateRequest && this.#awaits === 'request-or-done') {
          this.#certificateWanted = true;
          this.#awaits = 'done';
        } else if (type === handshakeType.serverHelloDone) this.#answer();
        else throw unexpected(type);
        return false;
      case 'finished':
        if (type !== handshakeType.finished) throw unexpected(type);
        this.#handshake.checkFinished(body);
        this.#handshake.flight.stop();
        return true;
    }
  }

  #sayHello(cookie: Buffer): void {
    const { flight } = this.#handshake;
    this.#handshake.forgetTranscript();
    flight.begin();
    this.#handshake.add(handshakeType.clientHello, clientHelloBody(this.#random, cookie, cipherSuites));
    flight.send(true);
  }

  #takeHello(message: HandshakeMessage): void {
    const { type, body } = message;
    if (type === handshakeType.helloVerifyRequest && !this.#verified) {
      this.#verified = true;
      this.#sayHello(readHelloVerifyRequest(body));
      return;
    }
    if (type !== handshakeType.serverHello) throw unexpected(type);
    const hello = readServerHello(body);
    const suite = cipherSuites.find(({ id }) => id === hello.suite);
    if (!suite)
      throw new DtlsAlert('illegal_parameter', 'The peer chose a cipher suite that was not offered.');
    const profile = chooseSrtpProfile(hello.srtpProfile === null ? [] : [hello.srtpProfile]);
    if (!profile) throw new DtlsAlert('handshake_failure', 'The peer does no DTLS-SRTP.');
    this.#hello = hello;
    this.#suite = suite;
    this.#handshake.received(message);
    this.#handshake.agreed(suite, { client: this.#random, server: hello.random }, profile);
    this.#awaits = 'certificate';
  }

  /** RFC 8422 §5.4. */
  #takeKeyExchange(body: Buffer): void {
    const reader = new WireReader(body);
    const curveType = reader.uint8();
    const group = reader.uint16();
    const peerShare = reader.vector(1);
    const parameters = body.subarray(0, body.length - reader.left);
    if (curveType !== namedCurve || !groupIds.includes(group))
      throw new DtlsAlert('illegal_parameter', 'The peer chose a group that was not offered.');
    if (!this.#hello || !this.#suite) throw unexpected(handshakeType.serverKeyExchange);
    // Else a signature with one kind of key would do for the other's suite.
    if (this.#handshake.peerKey?.asymmetricKeyType !== (this.#suite.signature === 'rsa' ? 'rsa' : 'ec'))
      throw new DtlsAlert('illegal_parameter', "The peer's certificate does not fit the cipher suite.");
    this.#handshake.takeSignature(reader, Buffer.concat([this.#random, this.#hello.random, parameters]));
    this.#share = makeKeyShare(group);
    this.#peerShare = peerShare;
  }

  #answer(): void {
    const handshake = this.#handshake;
    if (!this.#share || !this.#peerShare || !this.#hello) throw unexpected(handshakeType.serverHelloDone);
    handshake.flight.begin();
    if (this.#certificateWanted) handshake.addCertificate();
    handshake.add(handshakeType.clientKeyExchange, vector(1, this.#share.publicKey));
    handshake.deriveKeys(this.#share.agree(this.#peerShare), this.#hello.extendedMasterSecret);
    if (this.#certificateWanted)
      handshake.add(handshakeType.certificateVerify, handshake.sign(handshake.transcript()));
    handshake.addFinished();
    handshake.flight.send(true);
    this.#awaits = 'finished';
  }
}
