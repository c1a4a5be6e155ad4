import type { CertificateFingerprint } from '../ports.ts';
import { ClientSide } from './client-side.ts';
import { DtlsAlert, alertCodes, alertName, contentType, handshakeType } from './constants.ts';
import type { AlertName } from './constants.ts';
import { cookieFor, hasCookie } from './cookie.ts';
import { Flight } from './flight.ts';
import { Handshake, WrongFingerprint } from './handshake.ts';
import type { Side } from './handshake.ts';
import { helloVerifyRequestBody, readClientHello } from './hellos.ts';
import type { DtlsIdentity } from './identity.ts';
import { Reassembly, fragmentOf, readFragments } from './reassembly.ts';
import type { HandshakeFragment, HandshakeMessage } from './reassembly.ts';
import { RecordLayer, readRecords } from './records.ts';
import type { DtlsRecord } from './records.ts';
import { ServerSide } from './server-side.ts';
import type { SrtpKeys } from './srtp-profiles.ts';

/** Where a datagram came from, or goes to. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

export function isSamePlace(one: Place, other: Place): boolean {
  return one.port === other.port && one.address === other.address;
}

/** `wrong-fingerprint`: another certificate than SDP said. `refused`: the peer said so. `broken`: it did what it must not. */
export type DtlsFailure = 'wrong-fingerprint' | 'refused' | 'broken' | 'timeout';

export interface DtlsOptions {
  /** `active`: the client. */
  readonly setup: 'active' | 'passive';
  readonly identity: DtlsIdentity;
  /** The peer's certificate has one of these. */
  readonly fingerprints: readonly CertificateFingerprint[];
  /** How long the handshake may take, from `start` on. */
  readonly deadlineMs: number;
  /** Whether records from there are the peer's; null, at the passive end: where the first right cookie comes from. */
  readonly isPeer: ((place: Place) => boolean) | null;
  /** Null: to the peer, wherever it is. */
  readonly send: (datagram: Buffer, to: Place | null) => void;
  /** The passive end: a client there has shown that it gets what is sent there. */
  readonly onVerified: (place: Place) => void;
  /** The handshake is done: both have shown their certificates' keys. */
  readonly onKeys: (keys: SrtpKeys) => void;
  /** Once, instead of `onKeys`. `detail`: a sentence for the log. */
  readonly onFailed: (failure: DtlsFailure, detail: string) => void;
}

/**
 * One DTLS 1.2 association (RFC 6347) for DTLS-SRTP (RFC 5764), over datagrams that somebody else sends and
 * receives. There is no renegotiation, resumption or application data. What comes from elsewhere than the peer, or
 * is not authentic, is dropped and counted. A passive end keeps nothing of a client before its cookie but the parts
 * of one hello, which give way to another client's: so nobody is in anybody's way.
 */
export class DtlsAssociation {
  readonly #options: DtlsOptions;
  readonly #layer = new RecordLayer();
  readonly #reassembly = new Reassembly();
  readonly #flight: Flight;
  readonly #side: Side;
  #state: 'new' | 'handshaking' | 'connected' | 'over' = 'new';
  #handshake: Handshake;
  #helloTaken = false;
  /** Whose hello is being put together, then who has shown its cookie. */
  #client: Place | null = null;
  #deadline: NodeJS.Timeout | undefined;
  /** Records that were not the peer's, not authentic or out of turn. */
  dropped = 0;

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#flight = new Flight(this.#layer, (datagram) => options.send(datagram, null));
    const { setup, identity, fingerprints } = options;
    const end = setup === 'active' ? 'client' : 'server';
    this.#handshake = new Handshake(end, identity, fingerprints, this.#layer, this.#flight);
    this.#side = end === 'client' ? new ClientSide(this.#handshake) : new ServerSide(this.#handshake);
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** The passive end takes hellos from now on, however long it takes until one comes. */
  listen(): void {
    if (this.#state === 'new' && this.#options.setup === 'passive') this.#state = 'handshaking';
  }

  /** The way to the peer is open: the active end says hello, and the time runs. */
  start(): void {
    if (this.#deadline || this.#state === 'connected' || this.#state === 'over') return;
    this.#state = 'handshaking';
    this.#deadline = setTimeout(
      () => this.#fail('timeout', 'The DTLS handshake took too long.'),
      this.#options.deadlineMs,
    );
    if (this.#side instanceof ClientSide) this.#side.start();
  }

  receive(datagram: Buffer, from: Place): void {
    if (this.#state === 'new' || this.#state === 'over' || !this.#mayBePeer(from)) {
      this.dropped++;
      return;
    }
    const records = readRecords(datagram);
    if (records.length === 0) this.dropped++;
    for (const record of records) this.#onRecord(record, from);
  }

  /** Says close_notify when there is somebody to say it to. Idempotent. */
  close(): void {
    if (this.#state === 'connected') this.#sendAlert(1, 'close_notify');
    this.#end();
  }

  #end(): void {
    this.#state = 'over';
    clearTimeout(this.#deadline);
    this.#flight.stop();
  }

  #mayBePeer(from: Place): boolean {
    const { isPeer } = this.#options;
    if (isPeer) return isPeer(from);
    return !this.#helloTaken || !this.#client || isSamePlace(this.#client, from);
  }

  #onRecord(record: DtlsRecord, from: Place): void {
    if (this.#isOver()) return;
    const content = this.#layer.open(record);
    if (!content) {
      this.dropped++;
      return;
    }
    try {
      switch (record.type) {
        case contentType.handshake:
          this.#onHandshake(record, content, from);
          break;
        case contentType.alert:
          this.#onAlert(record, content);
          break;
        case contentType.changeCipherSpec:
          // The epoch in each record says the same, and is authenticated.
          break;
        default:
          this.dropped++;
      }
    } catch (error) {
      if (!(error instanceof DtlsAlert)) throw error;
      this.#onError(error);
    }
  }

  #onHandshake(record: DtlsRecord, content: Buffer, from: Place): void {
    for (const fragment of readFragments(content)) {
      if (this.#awaitsHello()) {
        if (fragment.type !== handshakeType.clientHello) {
          this.dropped++;
          continue;
        }
        this.#awaitRestOf(fragment, from);
      } else if (this.#state === 'connected' || fragment.sequence < this.#reassembly.next) {
        // A peer that repeats its flight has not got ours, the last one of the handshake included.
        if (fragment.sequence < this.#reassembly.next && fragment.offset === 0) this.#flight.sendAgain();
        else this.dropped++;
        continue;
      }
      // RFC 6347 §4.1: what ends the handshake comes protected, all else of it plain.
      const protectedOne = fragment.type === handshakeType.finished;
      if (protectedOne !== (record.epoch === 1) || !this.#reassembly.add(fragment)) {
        this.dropped++;
        continue;
      }
      for (let message = this.#reassembly.take(); message; message = this.#reassembly.take()) {
        if (!this.#onMessage(message, record, from)) return;
      }
    }
  }

  /** A hello whose parts others have pushed out is sent again, as a lost one is. */
  #awaitRestOf(hello: HandshakeFragment, from: Place): void {
    const goesOn = this.#client && isSamePlace(this.#client, from) && this.#reassembly.expects(hello);
    if (goesOn) return;
    // The second hello counts one on; either may be the first that is seen here.
    this.#reassembly.startAt(hello.sequence);
    this.#client = { address: from.address, port: from.port };
  }

  /** False: what is left in the record is of no more interest. */
  #onMessage(message: HandshakeMessage, record: DtlsRecord, from: Place): boolean {
    if (message.type === handshakeType.helloRequest) return true;
    if (this.#awaitsHello() && !this.#takeHello(message, record, from)) return false;
    if (!this.#side.take(message)) return true;
    clearTimeout(this.#deadline);
    this.#state = 'connected';
    this.#options.onKeys(this.#handshake.srtpKeys());
    return false;
  }

  /** Whether the hello has the cookie of its place; without, it gets one and is forgotten. */
  #takeHello(message: HandshakeMessage, record: DtlsRecord, from: Place): boolean {
    const hello = readClientHello(message.body);
    const place = `${from.address} ${from.port}`;
    if (hasCookie(hello, place)) {
      this.#helloTaken = true;
      this.#handshake.startSequenceAt(message.sequence);
      this.#layer.startAt(record.sequence);
      this.#options.onVerified(from);
      return true;
    }
    this.#reassembly.startAt(0);
    const body = helloVerifyRequestBody(cookieFor(hello, place));
    const request = { type: handshakeType.helloVerifyRequest, sequence: 0, body };
    const content = fragmentOf(request, 0, body.length);
    // RFC 6347 §4.2.1: its record has the number of the hello's.
    this.#options.send(this.#layer.sealPlain(contentType.handshake, record.sequence, content), from);
    return false;
  }

  #onAlert(record: DtlsRecord, content: Buffer): void {
    if (content.length !== 2) {
      this.dropped++;
      return;
    }
    const [level, code] = content;
    const protectedOne = record.epoch === 1;
    if (this.#state === 'connected') {
      // A plain one may be anybody's.
      if (!protectedOne) this.dropped++;
      else if (level === 2 || code === alertCodes.close_notify) this.#end();
      return;
    }
    // Before a hello was verified whoever it is from has no say.
    if (this.#awaitsHello()) this.dropped++;
    else if (level === 2 || code === alertCodes.close_notify || code === alertCodes.user_canceled)
      this.#fail('refused', `The peer ended the DTLS handshake: ${alertName(code)}.`);
  }

  #onError(error: DtlsAlert): void {
    // A stranger's garbage ends nobody's handshake.
    if (this.#state !== 'handshaking' || this.#awaitsHello()) {
      this.dropped++;
      return;
    }
    this.#sendAlert(2, error.alert);
    this.#fail(error instanceof WrongFingerprint ? 'wrong-fingerprint' : 'broken', error.message);
  }

  #sendAlert(level: 1 | 2, alert: AlertName): void {
    const epoch = this.#state === 'connected' ? 1 : 0;
    const content = Buffer.from([level, alertCodes[alert]]);
    this.#options.send(this.#layer.seal(contentType.alert, epoch, content), null);
  }

  #fail(failure: DtlsFailure, detail: string): void {
    this.#end();
    this.#options.onFailed(failure, detail);
  }

  /** The passive end, while nobody has shown a cookie. */
  #awaitsHello(): boolean {
    return this.#options.setup === 'passive' && !this.#helloTaken;
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }
}
