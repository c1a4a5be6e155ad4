import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from './certificates.ts';
import { until } from './until.ts';

export interface Received {
  readonly id: string;
  readonly body: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  readonly signedBy: (secret: string) => boolean;
}

/** Somebody who is told of events; answers as a test wants. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Status of the next answers; null: none comes. */
  status: number | null = 204;
  readonly #scheme: 'http' | 'https';
  readonly #server: http.Server | https.Server;
  #port = 0;

  /** @param certificate for TLS; none: plain HTTP */
  constructor(certificate?: Issued) {
    this.#scheme = certificate ? 'https' : 'http';
    const take: http.RequestListener = (request, response) => this.#take(request, response);
    this.#server = certificate ? https.createServer(certificate, take) : http.createServer(take);
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}/hook`;
  }

  /** Types of the events so far. */
  get types(): string[] {
    return this.received.map(({ body }) => body.type);
  }

  async gets(count: number): Promise<void> {
    await until(`${count} deliveries`, () => this.received.length >= count, 15_000);
  }

  /** Takes no more; may be opened again, at the same address. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: http.IncomingMessage, response: http.ServerResponse): void {
    let text = '';
    request.on('data', (part) => (text += String(part)));
    request.on('end', () => {
      const { headers } = request;
      const header = (name: string): string => String(headers[name]);
      const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${text}`;
      this.received.push({
        id: header('webhook-id'),
        body: JSON.parse(text) as Received['body'],
        signedBy: (secret) =>
          header('webhook-signature') ===
          `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
            .update(signed)
            .digest('base64')}`,
      });
      if (this.status !== null) response.writeHead(this.status, { location: 'http://127.0.0.1:1/' }).end();
    });
  }
}
