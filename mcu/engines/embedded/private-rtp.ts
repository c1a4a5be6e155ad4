/** Private RTP between a node and its engine's processes: on loopback, several packets a datagram. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { Bundle, unbundle } from '../../rtp/bundle.ts';

/** How long a packet may wait for others on its way to a process, whose beat is 20 ms or more. */
const bundleMs = 5;

/** A socket for either end. `bufferBytes`: room for a burst while its owner is busy; the kernel may grant less. */
export async function openPrivateSocket(bufferBytes: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: bufferBytes, sendBufferSize: bufferBytes });
  // A dying process's closed port is reported here; its channel, and the supervisor, tell of it.
  socket.on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await event(socket, 'listening');
  return socket;
}

/** One that never comes leaves no socket behind. */
async function event(socket: Socket, name: 'listening' | 'connect'): Promise<void> {
  try {
    await once(socket, name);
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The node's end, over all the processes that come one after the other. */
export class PrivateRtp {
  readonly #bufferBytes: number;
  readonly #receive: (packet: Buffer) => void;
  readonly #bundle = new Bundle((datagram) => this.#socket?.send(datagram));
  /** Connected to the present process, so that only it is heard, and sends cost less. */
  #socket: Socket | null = null;
  #flushTimer: NodeJS.Timeout | null = null;
  /** Counts the processes. */
  #generation = 0;

  constructor(bufferBytes: number, receive: (packet: Buffer) => void) {
    this.#bufferBytes = bufferBytes;
    this.#receive = receive;
  }

  /** To a new process's port. Gives ours, for the process to connect to; null: it was left meanwhile. */
  async connect(port: number): Promise<number | null> {
    const generation = ++this.#generation;
    const socket = await openPrivateSocket(this.#bufferBytes);
    socket.on('message', (datagram) => unbundle(datagram, this.#receive));
    socket.connect(port, '127.0.0.1');
    await event(socket, 'connect');
    if (generation !== this.#generation) {
      socket.close();
      return null;
    }
    this.#socket = socket;
    return socket.address().port;
  }

  /** Copies the packet; it goes with others, a moment later at most. */
  send(packet: Buffer): void {
    this.#bundle.add(packet);
    this.#flushTimer ??= setTimeout(this.flush, bundleMs);
  }

  /** Now goes what waits. */
  readonly flush = (): void => {
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#bundle.flush();
  };

  /** The process is gone: what is sent is lost until there is another. Idempotent. */
  disconnect(): void {
    this.#generation++;
    this.#socket?.close();
    this.#socket = null;
  }

  /** Idempotent. */
  close(): void {
    this.disconnect();
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
  }
}
