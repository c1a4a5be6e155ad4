/** A web service that a dial plan asks; each path misbehaves in its own way. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PolicyServer {
  readonly url: string;
  /** Whoever asked, in order. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** How long `/late` takes: longer than tests wait for policies. */
const lateMs = 1500;

/**
 * Answers by path: `/hang`, `/late`, `/500`, `/garbage`, `/noise`, `/reset`, `/huge`, `/bomb`, `/redirect?…`, `/drip`, else
 * what `answer` gives as JSON.
 */
export async function startPolicyServer(answer: (asked: Asked) => unknown): Promise<PolicyServer> {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    const body = JSON.parse((await text(request)) || '{}') as Asked['body'];
    const question = { path, headers: request.headers, body };
    asked.push(question);
    const [name, target] = path.split('?');
    switch (name) {
      case '/hang':
        return;
      case '/late':
        setTimeout(() => response.end('{"echo":{}}'), lateMs);
        return;
      case '/drip':
        response.writeHead(200).write('{');
        return;
      case '/500':
        response.writeHead(500).end('{"echo":{}}');
        return;
      case '/garbage':
        response.end('<html>no JSON</html>');
        return;
      case '/noise':
        request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
        return;
      case '/reset':
        request.socket.resetAndDestroy();
        return;
      case '/bomb':
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(20_000_000, ' ')));
        return;
      case '/huge':
        response.end(JSON.stringify({ reject: { text: 'x'.repeat(200_000) } }));
        return;
      case '/redirect':
        response.writeHead(307, { location: target }).end();
        return;
      default:
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(question)));
    }
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
