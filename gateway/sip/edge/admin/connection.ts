import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { EdgeLog } from '../log.ts';
import type { Cancel, Timers } from '../timers.ts';
import { firstLine, parseAppMessage } from './app-message.ts';
import type { AppRegistry } from './apps.ts';
import { frame, FrameReader } from './frames.ts';
import { metaGroup } from './meta.ts';
import type { App, AppRequests, CdrKind, Delivery, Outcome } from './types.ts';

/** What an app is told when it has authenticated. */
export interface Welcome {
  /** `proto/host:port`, comma-separated, as peers see the edge … */
  readonly hostports: string;
  /** … and as it is bound. */
  readonly localHostports: string;
  readonly version: string;
}

export interface ConnectionFacts {
  readonly socket: Socket;
  readonly secret: string;
  readonly welcome: () => Welcome;
  readonly registry: AppRegistry;
  readonly requests: AppRequests;
  readonly timers: Timers;
  readonly log: EdgeLog;
  readonly onClosed: () => void;
}

const authenticateWithinMs = 10_000;
/** An app that reads so slowly is as good as dead, and its backlog is our memory. */
const maxBacklogBytes = 32 * 1024 * 1024;
const noTags: readonly string[] = [];

/** One app's admin connection. It is an `App` to the rest of the edge. */
export class AppConnection implements App {
  readonly id = randomUUID();
  tags: readonly string[] = noTags;
  readonly #facts: ConnectionFacts;
  readonly #stopWaiting: Cancel;
  #authenticated = false;
  #closed = false;

  constructor(facts: ConnectionFacts) {
    this.#facts = facts;
    const { socket, timers } = facts;
    const reader = new FrameReader((payload) => {
      if (!this.#closed) this.#onFrame(payload);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 45_000);
    socket.on('data', (chunk) => {
      if (this.#closed) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#refuse(error);
      }
    });
    // What went wrong is told by the 'close' that follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#onClose());
    this.#stopWaiting = timers.after(authenticateWithinMs, () => this.close());
  }

  deliver(delivery: Delivery, message: Buffer): void {
    const { meta, txnId, dialogId, receivedOn, certifiedNames = [] } = delivery;
    // The last token, srf's `sessionToken`, is always empty in drachtio-server's frames.
    const tail = receivedOn ? `|${receivedOn.address}|${receivedOn.port}|${certifiedNames.join(',')}` : '|';
    this.#write(frame(`${randomUUID()}|sip|${metaGroup(meta)}|${txnId}|${dialogId}${tail}`, message));
  }

  cdr(kind: CdrKind, facts: string, message: Buffer): void {
    this.#write(frame(`${randomUUID()}|cdr:${kind}|${facts}`, message));
  }

  /** Sends what is queued, then ends the connection. */
  close(): void {
    this.#closed = true;
    this.#facts.socket.end();
    this.#facts.socket.destroySoon();
  }

  #onClose(): void {
    this.#closed = true;
    this.#stopWaiting();
    this.#facts.registry.removeAll(this);
    if (this.#authenticated) this.#facts.requests.appGone(this);
    this.#facts.onClosed();
  }

  #onFrame(payload: Buffer): void {
    const end = payload.indexOf('\r');
    const meta = payload.toString('utf8', 0, end < 0 ? payload.length : end);
    const message = end < 0 ? Buffer.alloc(0) : payload.subarray(end + 2);
    const tokens = meta.split('|');
    const [id, type = ''] = tokens;
    if (tokens.length < 2) this.#no(id, 'Invalid message format');
    else if (type === 'authenticate') this.#authenticate(id, tokens);
    // drachtio-server forgets to ask; here nothing is done for whoever does not know the secret.
    else if (!this.#authenticated) this.#no(id, 'not authenticated');
    else this.#try(id, () => this.#obey(id, type, tokens, message));
  }

  /** A fault of ours in one frame must not cost the app its connection, and with it all its calls. */
  #try(id: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#facts.log.error({ app: this.id, err: error }, 'app’s frame failed');
      this.#reply(id, 'NOK|Server error: internal error');
    }
  }

  #obey(id: string, type: string, tokens: readonly string[], message: Buffer): void {
    const { registry } = this.#facts;
    const [, , route = ''] = tokens;
    switch (type) {
      case 'route':
        registry.add(this, route);
        this.#reply(id, 'OK');
        return;
      case 'remove_route':
        registry.remove(this, route);
        this.#reply(id, 'OK');
        return;
      case 'ping':
        this.#reply(id, 'OK|pong');
        return;
      case 'sip':
        this.#sip(id, tokens, message);
        return;
      case 'proxy':
        this.#reply(id, 'NOK|proxying is not available in this edge');
        return;
      default:
        this.#no(id, 'Unknown message type');
    }
  }

  #authenticate(id: string, tokens: readonly string[]): void {
    const [, , secret = '', tags = ''] = tokens;
    if (!sameSecret(secret, this.#facts.secret)) {
      this.#facts.log.warn({ app: this.id }, 'app refused, its secret is wrong');
      this.#no(id, 'incorrect secret');
      return;
    }
    this.#stopWaiting();
    this.#authenticated = true;
    this.tags = tags.split(',').filter((tag) => tag !== '');
    const { hostports, version, localHostports } = this.#facts.welcome();
    this.#facts.log.info({ app: this.id, tags: this.tags }, 'app connected');
    this.#reply(id, `OK|${hostports}|${version}|${localHostports}`);
  }

  #sip(id: string, tokens: readonly string[], bytes: Buffer): void {
    if (tokens.length < 4) {
      this.#no(id, 'Invalid message format');
      return;
    }
    const [, , txnId, dialogId, routeUri = ''] = tokens;
    const message = parseAppMessage(bytes);
    if (!message) this.#reply(id, `NOK|invalid request-uri: ${firstLine(bytes)}`);
    else if (message.kind === 'request') {
      this.#facts.requests.request(this, { txnId, dialogId, routeUri }, message, (outcome) => {
        this.#replyOutcome(id, outcome, 'request');
      });
    } else if (txnId === '') this.#no(id, 'transaction id missing');
    else this.#replyOutcome(id, this.#facts.requests.respond(this, txnId, message), 'response');
  }

  #replyOutcome(id: string, outcome: Outcome, kind: 'request' | 'response'): void {
    if (!outcome.ok) {
      this.#reply(id, `NOK|${outcome.text}`);
      return;
    }
    // A sent request's reply has no dialog id: the SIP responses bring it.
    const tail = kind === 'response' ? `${outcome.dialogId}||Msg sent:|` : 'Msg sent:|';
    this.#reply(id, `OK|${metaGroup(outcome.meta)}|${outcome.txnId}|${tail}`, outcome.message);
  }

  #reply(id: string, data: string, message?: Buffer): void {
    this.#write(frame(`${randomUUID()}|response|${id}|${data}`, message));
  }

  /** drachtio's `NO`: the connection ends with it. */
  #no(id: string, text: string): void {
    this.#reply(id, `NO|${text}`);
    this.close();
  }

  #refuse(error: unknown): void {
    this.#facts.log.warn({ app: this.id, err: error }, 'app disconnected, its frames can’t be read');
    this.#closed = true;
    this.#facts.socket.destroy();
  }

  #write(bytes: Buffer): void {
    const { socket, log } = this.#facts;
    if (socket.destroyed || !socket.writable) return;
    if (socket.writableLength > maxBacklogBytes) {
      log.error({ app: this.id }, 'app disconnected, it does not read');
      socket.destroy();
      return;
    }
    socket.write(bytes);
  }
}

/** Takes the same time however much of the secret is right; hashing makes the lengths equal. */
function sameSecret(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
