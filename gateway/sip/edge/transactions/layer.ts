import { ackFor, responseTo } from '../message/build.ts';
import { parseVia } from '../message/via.ts';
import { serialize } from '../message/serialize.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import type { EdgeCounters } from '../counters.ts';
import type { Timers } from '../timers.ts';
import { kinds } from '../transport/kinds.ts';
import { TransportError } from '../transport/types.ts';
import type { LocalAddress, Peer, Transport } from '../transport/types.ts';
import { responseDestination } from '../transport/routing.ts';
import { InviteClientTransaction } from './invite-client.ts';
import { InviteServerTransaction } from './invite-server.ts';
import { clientKey, clientKeyOf, mergeKey, serverKey } from './keys.ts';
import { NonInviteClientTransaction } from './non-invite-client.ts';
import { NonInviteServerTransaction } from './non-invite-server.ts';
import type { ClientTransaction, ClientUser, ServerTransaction, ServerUser, Wire } from './types.ts';

/** A request that begins a transaction. */
export interface Inbound {
  readonly request: SipRequest;
  readonly from: Peer;
  readonly receivedOn: LocalAddress;
  readonly transaction: ServerTransaction;
  /** The INVITE that a CANCEL means (RFC 3261 §9.2). */
  readonly cancelled?: ServerTransaction;
}

/** The UA core, as transactions see it. */
export interface TransactionUser {
  /** A new request; what the core returns is told how its transaction goes on. */
  onRequest(inbound: Inbound): ServerUser;
  /** An ACK that belongs to no refused INVITE: it acknowledges a 2xx, or nothing. */
  onAck(ack: SipRequest, from: Peer): void;
  /** A response without a transaction: at best a 2xx that came very late. */
  onStrayResponse(response: SipResponse, from: Peer): void;
}

interface ClientEntry {
  readonly transaction: ClientTransaction;
  readonly peer: Peer;
  /** Where it really went: by TCP, if it was too large for UDP. */
  used: Peer | undefined;
}

const noUser: ServerUser = {
  onAcknowledged: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
  onTerminated: () => undefined,
};

/** Bytes; below every MTU limit that the transport may have (RFC 3261 §18.1.1: 1300 or the path MTU less 200). */
const surelySmall = 1_000;

/** Requests that end things are taken in when new ones are not any more. */
const endsSomething = new Set(['BYE', 'CANCEL', 'PRACK']);

/** RFC 3261 §17: gives each message to its transaction, and the rest to the UA core. */
export class TransactionLayer {
  readonly #clients = new Map<string, ClientEntry>();
  readonly #servers = new Map<string, InviteServerTransaction | NonInviteServerTransaction>();
  readonly #mergeKeys = new Map<string, ServerTransaction>();
  readonly #facts: {
    readonly send: Transport['send'];
    readonly user: TransactionUser;
    readonly timers: Timers;
    readonly counters: EdgeCounters;
    readonly maxTransactions: number;
  };

  constructor(facts: {
    send: Transport['send'];
    user: TransactionUser;
    timers: Timers;
    counters: EdgeCounters;
    /** New requests beyond this many server transactions get 503. */
    maxTransactions: number;
  }) {
    this.#facts = facts;
  }

  receive(message: SipMessage, from: Peer, receivedOn: LocalAddress): void {
    if (message.kind === 'response') this.#receiveResponse(message, from);
    else if (message.method === 'ACK') this.#receiveAck(message, from);
    else this.#receiveRequest(message, from, receivedOn);
  }

  /** ICMP said no, or a connection broke: RFC 3261 §18.4. */
  peerFailed(peer: Peer, error: TransportError): void {
    for (const { transaction, peer: meant, used } of [...this.#clients.values()]) {
      const to = used ?? meant;
      const sameConnection = peer.connection !== undefined && to.connection === peer.connection;
      const samePlace =
        to.transport === peer.transport && to.address === peer.address && to.port === peer.port;
      if (sameConnection || samePlace) transaction.transportFailed(error);
    }
  }

  /** Makes a client transaction; `start()` sends. The request carries our Via with its branch. */
  client(request: SipRequest, bytes: Buffer, peer: Peer, user: ClientUser): ClientTransaction {
    const { timers, counters } = this.#facts;
    const key = clientKey(parseVia(request.headers.get('Via') ?? '').branch ?? '', request.method);
    const entryUser: ClientUser = {
      ...bindClient(user),
      onTerminated: () => {
        this.#clients.delete(key);
        counters.clientTransactions = this.#clients.size;
        user.onTerminated();
      },
    };
    const wire = this.#clientWire(request, () => entry);
    const facts = { request, bytes, wire, timers, user: entryUser };
    const transaction: ClientTransaction =
      request.method === 'INVITE'
        ? new InviteClientTransaction({
            ...facts,
            makeAck: (response) => serialize(ackFor(request, response)),
          })
        : new NonInviteClientTransaction(facts);
    const entry: ClientEntry = { transaction, peer, used: undefined };
    this.#clients.set(key, entry);
    counters.clientTransactions = this.#clients.size;
    counters.requestsSent++;
    return transaction;
  }

  /** Sends an ACK to a 2xx, which belongs to no transaction (RFC 3261 §13.2.2.4). */
  sendAck(bytes: Buffer, peer: Peer): void {
    this.#send(bytes, peer, () => undefined);
  }

  /** Answers without keeping anything: RFC 3261 §8.2.7. */
  respondStateless(
    request: SipRequest,
    from: Peer,
    status: number,
    extra?: (response: SipResponse) => void,
  ): void {
    const response = responseTo(request, status);
    extra?.(response);
    this.#send(serialize(response), responseDestination(response, from), () => undefined);
  }

  /** Forgets everything and stops all timers. */
  close(): void {
    for (const { transaction } of [...this.#clients.values()]) transaction.terminate();
    for (const transaction of [...this.#servers.values()]) transaction.terminate();
  }

  #receiveResponse(response: SipResponse, from: Peer): void {
    const entry = this.#clients.get(clientKeyOf(response));
    if (entry) entry.transaction.receive(response);
    else this.#facts.user.onStrayResponse(response, from);
  }

  #receiveAck(ack: SipRequest, from: Peer): void {
    const transaction = this.#servers.get(serverKey(ack, 'INVITE'));
    // RFC 2543 peers, and careless ones, give the ACK to a 2xx the branch of its INVITE.
    if (!transaction || transaction.state === 'accepted') this.#facts.user.onAck(ack, from);
    else transaction.receive(ack);
  }

  #receiveRequest(request: SipRequest, from: Peer, receivedOn: LocalAddress): void {
    const { counters, user } = this.#facts;
    const key = serverKey(request, request.method);
    const known = this.#servers.get(key);
    if (known) {
      counters.retransmissions++;
      known.receive(request);
      return;
    }
    counters.requests++;
    if (this.#isFull(request.method)) {
      counters.overloaded++;
      this.respondStateless(request, from, 503, (response) => response.headers.set('Retry-After', '5'));
      return;
    }
    const merge = mergeKey(request);
    if (merge !== undefined && request.method !== 'CANCEL' && this.#mergeKeys.has(merge)) {
      counters.merged++;
      this.respondStateless(request, from, 482);
      return;
    }
    const cancelled =
      request.method === 'CANCEL' ? this.#servers.get(serverKey(request, 'INVITE')) : undefined;
    const link: { user: ServerUser } = { user: noUser };
    const transaction = this.#addServer(key, merge, request, from, link);
    link.user = user.onRequest({ request, from, receivedOn, transaction, ...(cancelled && { cancelled }) });
  }

  #isFull(method: string): boolean {
    const { maxTransactions } = this.#facts;
    const limit = endsSomething.has(method) ? maxTransactions * 2 : maxTransactions;
    return this.#servers.size >= limit;
  }

  #addServer(
    key: string,
    merge: string | undefined,
    request: SipRequest,
    from: Peer,
    link: { user: ServerUser },
  ): ServerTransaction {
    const { timers, counters } = this.#facts;
    const user: ServerUser = {
      onAcknowledged: () => link.user.onAcknowledged(),
      onTimeout: () => link.user.onTimeout(),
      onTransportError: (error) => link.user.onTransportError(error),
      onTerminated: () => {
        this.#servers.delete(key);
        if (merge !== undefined && this.#mergeKeys.get(merge) === transaction) this.#mergeKeys.delete(merge);
        counters.serverTransactions = this.#servers.size;
        link.user.onTerminated();
      },
    };
    const peer = responseDestination(responseTo(request, 100), from);
    const wire: Wire = {
      reliable: kinds[from.transport].reliable,
      send: (bytes) => this.#send(bytes, peer, (error) => transaction.transportFailed(error)),
    };
    const facts = { request, wire, timers, user };
    const transaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(facts)
        : new NonInviteServerTransaction(facts);
    this.#servers.set(key, transaction);
    if (merge !== undefined && request.method !== 'CANCEL') this.#mergeKeys.set(merge, transaction);
    counters.serverTransactions = this.#servers.size;
    return transaction;
  }

  /** RFC 3261 §18.1.1: the transport may take TCP for a large request, and then nothing is repeated. */
  #clientWire(request: SipRequest, entry: () => ClientEntry): Wire {
    const { send, counters } = this.#facts;
    let first = true;
    return {
      get reliable() {
        return kinds[(entry().used ?? entry().peer).transport].reliable;
      },
      send: (bytes) => {
        const { transaction, peer, used } = entry();
        // A repetition, and the ACK of a refusal, go the way that the request went. To choose that way the transport
        // must be able to change the Via, and only of a request that may be too large; others are serialized once.
        const message = first && bytes.length > surelySmall ? request : bytes;
        first = false;
        send(message, used ?? peer).then(
          (where) => (entry().used = where),
          (error: unknown) => {
            counters.sendErrors++;
            transaction.transportFailed(asTransportError(error, peer));
          },
        );
      },
    };
  }

  #send(bytes: Buffer, peer: Peer, onError: (error: TransportError) => void): void {
    this.#facts.send(bytes, peer).catch((error: unknown) => {
      this.#facts.counters.sendErrors++;
      onError(asTransportError(error, peer));
    });
  }
}

function bindClient(user: ClientUser): ClientUser {
  return {
    onResponse: (response) => user.onResponse(response),
    onTimeout: () => user.onTimeout(),
    onTransportError: (error) => user.onTransportError(error),
    onTerminated: () => user.onTerminated(),
  };
}

function asTransportError(error: unknown, peer: Peer): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError('TRANSPORT_UNREACHABLE', 'the message could not be sent', peer, error);
}
