/** The edge's UA core with its transactions, without sockets: messages go in, what it sends and says comes out. */
import { AppRegistry } from '../../gateway/sip/edge/admin/apps.ts';
import { parseAppMessage } from '../../gateway/sip/edge/admin/app-message.ts';
import type { App, Delivery, Outcome } from '../../gateway/sip/edge/admin/types.ts';
import type { Context } from '../../gateway/sip/edge/core/context.ts';
import { Identity } from '../../gateway/sip/edge/core/identity.ts';
import { UserAgent } from '../../gateway/sip/edge/core/user-agent.ts';
import { newCounters } from '../../gateway/sip/edge/counters.ts';
import { DialogTable } from '../../gateway/sip/edge/dialogs/table.ts';
import { silentLog } from '../../gateway/sip/edge/log.ts';
import type { EdgeLog } from '../../gateway/sip/edge/log.ts';
import { SipParseError } from '../../gateway/sip/edge/message/errors.ts';
import { parseMessage } from '../../gateway/sip/edge/message/parse.ts';
import { serialize } from '../../gateway/sip/edge/message/serialize.ts';
import { TransactionLayer } from '../../gateway/sip/edge/transactions/layer.ts';
import { stampVia } from '../../gateway/sip/edge/transport/routing.ts';
import type { Dns } from '../../gateway/sip/edge/transport/resolve/dns.ts';
import { resolveTargets } from '../../gateway/sip/edge/transport/resolve/targets.ts';
import { TransportError } from '../../gateway/sip/edge/transport/types.ts';
import type { LocalAddress, Peer } from '../../gateway/sip/edge/transport/types.ts';
import { FakeTimers } from './fake-timers.ts';
import { parseText } from './sip-ua.ts';
import type { SipText } from './sip-ua.ts';

const local: readonly LocalAddress[] = [
  { transport: 'udp', address: '127.0.0.1', port: 5060 },
  { transport: 'tcp', address: '127.0.0.1', port: 5060 },
];

const none = () => Promise.resolve([]);
const noDns: Dns = { naptr: none, srv: none, addresses: none };

/** Who calls, unless a test says otherwise. */
export const farEnd: Peer = { transport: 'udp', address: '192.0.2.7', port: 5070 };

export interface Delivered extends Delivery {
  readonly message: SipText;
}

/** An app of no process: keeps what it is told. */
export class TestApp implements App {
  readonly id: string;
  readonly delivered: Delivered[] = [];
  readonly cdrs: string[] = [];

  constructor(id = 'app') {
    this.id = id;
  }

  deliver(delivery: Delivery, message: Buffer): void {
    this.delivered.push({ ...delivery, message: parseText(message.toString(), () => undefined) });
  }

  cdr(kind: string, facts: string): void {
    this.cdrs.push(`${kind}|${facts.replace(/\d\d:\d\d:\d\d\.\d{6}/, 'time')}`);
  }

  /** The last thing it was told. */
  get last(): Delivered {
    const last = this.delivered.at(-1);
    if (!last) throw new Error('the app was told nothing');
    return last;
  }
}

/** The core survives its own faults and logs them; a test must not. */
const faultsThrow: EdgeLog = {
  ...silentLog,
  error: (facts, sentence) => {
    throw new Error(sentence, { cause: 'err' in facts ? facts.err : facts });
  },
};

export interface CoreOptions {
  readonly maxTransactions?: number;
  readonly maxDialogs?: number;
  /** What names say; the others say nothing. */
  readonly dns?: Partial<Dns>;
}

export class SipCore {
  readonly timers = new FakeTimers();
  readonly counters = newCounters();
  readonly registry = new AppRegistry();
  readonly app = new TestApp();
  readonly context: Context;
  readonly agent: UserAgent;
  /** Sent, in order. */
  readonly sent: { readonly message: SipText; readonly peer: Peer }[] = [];
  /** Sending fails as long as it is set. */
  broken = false;

  constructor({ dns = {}, ...limits }: CoreOptions = {}) {
    const layer = new TransactionLayer({
      send: (message, peer) => {
        if (this.broken) return Promise.reject(new TransportError('TRANSPORT_REFUSED', 'refused', peer));
        const bytes = Buffer.isBuffer(message) ? message : serialize(message);
        this.sent.push({ message: parseText(bytes.toString(), () => undefined), peer });
        return Promise.resolve(peer);
      },
      user: {
        onRequest: (inbound) => this.agent.onRequest(inbound),
        onAck: (ack, from) => this.agent.onAck(ack, from),
        onStrayResponse: (response, from) => this.agent.onStrayResponse(response, from),
      },
      timers: this.timers,
      counters: this.counters,
      maxTransactions: limits.maxTransactions ?? 1_000,
    });
    this.context = {
      layer,
      dialogs: new DialogTable((count) => (this.counters.dialogs = count)),
      incoming: new Map(),
      incomingOf: new Map(),
      outgoing: new Map(),
      apps: this.registry,
      identity: new Identity(local, ['203.0.113.5']),
      wire: {
        resolve: (uri) =>
          resolveTargets(uri, {
            dns: { ...noDns, ...dns },
            families: [4],
            canDial: (transport) => transport !== 'ws',
          }),
        isConnected: ({ connection }) => connection !== undefined,
      },
      timers: this.timers,
      counters: this.counters,
      limits: { maxDialogs: limits.maxDialogs ?? 1_000 },
      log: faultsThrow,
      allow: ['INVITE', 'ACK', 'CANCEL', 'BYE'],
      natRepair: true,
      closing: false,
    };
    this.agent = new UserAgent(this.context);
    for (const route of ['invite', 'cdr:attempt', 'cdr:start', 'cdr:stop'])
      this.registry.add(this.app, route);
  }

  /** A message from the wire, and all that follows of it at once. */
  async receive(text: string | Buffer, from: Peer = farEnd): Promise<void> {
    try {
      const message = parseMessage(Buffer.from(text));
      if (message.kind === 'request') stampVia(message, from);
      this.agent.receive(message, from, { transport: from.transport, address: '127.0.0.1', port: 5060 });
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.agent.receiveInvalid(error, from);
    }
    await settle();
  }

  async advance(ms: number): Promise<void> {
    this.timers.advance(ms);
    await settle();
  }

  /** An app's response to what it was told under this id. */
  async respond(txnId: string, text: string, app: App = this.app): Promise<Outcome> {
    const response = parseAppMessage(Buffer.from(`${text}\r\n\r\n`));
    if (response?.kind !== 'response') throw new Error('no response');
    const outcome = this.agent.respond(app, txnId, response);
    await settle();
    return outcome;
  }

  /** An app's request; with `dialogId` in that dialog. */
  async request(text: string, address: { dialogId?: string; txnId?: string } = {}): Promise<Outcome> {
    const request = parseAppMessage(Buffer.from(text.includes('\r\n\r\n') ? text : `${text}\r\n\r\n`));
    if (request?.kind !== 'request') throw new Error('no request');
    const outcome = new Promise<Outcome>((resolve) => {
      const full = { txnId: address.txnId ?? '', dialogId: address.dialogId ?? '', routeUri: '' };
      this.agent.request(this.app, full, request, resolve);
    });
    await settle();
    return outcome;
  }

  /** What was sent since the last time. */
  takeSent(): SipText[] {
    return this.sent.splice(0).map(({ message }) => message);
  }

  takeFirstLines(): string[] {
    return this.takeSent().map(({ first }) => first);
  }
}

/** Lets promises that are ready run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

let count = 0;

/** A request of the far end; what is given replaces what would be there. */
export function request(
  method: string,
  facts: {
    branch?: string;
    callId?: string;
    cseq?: number;
    to?: string;
    fromTag?: string;
    uri?: string;
    headers?: readonly string[];
    contact?: string;
  } = {},
): string {
  count += 1;
  const { branch = `z9hG4bK${count}`, callId = 'call@far', cseq = 1, to = '<sip:1000@127.0.0.1>' } = facts;
  return [
    `${method} ${facts.uri ?? 'sip:1000@127.0.0.1'} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.7:5070;branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:far@192.0.2.7>;tag=${facts.fromTag ?? 'far'}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: ${facts.contact ?? '<sip:far@192.0.2.7:5070>'}`,
    ...(facts.headers ?? []),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** The far end's answer to a request of ours. */
export function answer(
  to: SipText,
  status: number,
  facts: { tag?: string; headers?: readonly string[]; contact?: string } = {},
): string {
  const tag = to.headers.to?.includes('tag=') || status === 100 ? '' : `;tag=${facts.tag ?? 'them'}`;
  return [
    `SIP/2.0 ${status} Because`,
    `Via: ${to.headers.via}`,
    `From: ${to.headers.from}`,
    `To: ${to.headers.to}${tag}`,
    `Call-ID: ${to.headers['call-id']}`,
    `CSeq: ${to.headers.cseq}`,
    `Contact: ${facts.contact ?? '<sip:them@192.0.2.7:5070>'}`,
    ...(facts.headers ?? []),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
