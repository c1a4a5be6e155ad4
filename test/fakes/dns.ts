/** A name server on loopback with what a test tells it; speaks RFC 1035 over UDP, by code of its own. */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly name: string;
    }
  | {
      readonly type: 'NAPTR';
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly service: string;
      readonly replacement: string;
    };

const types = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;
const typeNames = new Map<number, keyof typeof types>(
  Object.entries(types).map(([name, number]) => [number, name as keyof typeof types]),
);

export class FakeDns {
  /** `SRV _sip._udp.carrier.example`, in order. */
  readonly asked: string[] = [];
  /** It gets questions and says nothing. */
  silent = false;
  /** It answers SERVFAIL. */
  broken = false;
  readonly #socket: Socket;
  readonly #records = new Map<string, DnsRecord[]>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => this.#answer(query, from));
  }

  static async open(): Promise<FakeDns> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeDns(socket);
  }

  /** As `sip.dns` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  set(name: string, records: readonly DnsRecord[]): void {
    this.#records.set(name.toLowerCase(), [...records]);
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer, from: RemoteInfo): void {
    const { name, end } = readName(query, 12);
    const type = typeNames.get(query.readUInt16BE(end));
    this.asked.push(`${type ?? '?'} ${name}`);
    if (this.silent) return;
    const known = this.#records.get(name.toLowerCase());
    const found = (known ?? []).filter((record) => record.type === type);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // A response, recursion available; SERVFAIL, NXDOMAIN or nothing wrong (§4.1.1).
    const code = this.broken ? 2 : known === undefined ? 3 : 0;
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(this.broken ? 0 : found.length, 6);
    const question = query.subarray(12, end + 4);
    const answers = this.broken ? [] : found.map(encode);
    this.#socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  }
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  while (message[at] > 0) {
    const length = message[at];
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function encode(record: DnsRecord): Buffer {
  const data = dataOf(record);
  // The name is the question's (§4.1.4), the class IN, the time to live a minute.
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(types[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA': {
      const [left = '', right = ''] = record.address.split('::');
      const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
      const missing = 8 - groups(left).length - groups(right).length;
      const all = [...groups(left), ...Array<string>(missing).fill('0'), ...groups(right)];
      return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
    }
    case 'SRV':
      return Buffer.concat([numbers(record.priority, record.weight, record.port), encodeName(record.name)]);
    case 'NAPTR':
      return Buffer.concat([
        numbers(record.order, record.preference),
        ...[record.flags, record.service, ''].map(text),
        encodeName(record.replacement),
      ]);
  }
}

function numbers(...values: readonly number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map(text), Buffer.from([0])]);
}
