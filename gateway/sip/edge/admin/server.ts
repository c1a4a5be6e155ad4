import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { EdgeLog } from '../log.ts';
import type { Timers } from '../timers.ts';
import type { AppRegistry } from './apps.ts';
import { AppConnection } from './connection.ts';
import type { Welcome } from './connection.ts';
import type { AppRequests } from './types.ts';

const maxConnections = 100;

/** The admin port: takes the connections of apps. */
export class AdminServer {
  readonly #server: Server;
  readonly #connections = new Set<AppConnection>();

  constructor(facts: {
    secret: string;
    welcome: () => Welcome;
    registry: AppRegistry;
    requests: AppRequests;
    timers: Timers;
    log: EdgeLog;
  }) {
    this.#server = createServer((socket) => {
      const connection = new AppConnection({
        ...facts,
        socket,
        onClosed: () => this.#connections.delete(connection),
      });
      this.#connections.add(connection);
    });
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves with the port. Rejects with Node's error when it is taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.close();
    await closed;
  }
}
