import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { HttpProblem } from './problems.ts';

const answerMs = 5_000;

/**
 * Passes LiveKit's signalling on, for pages that came by HTTPS and for a LiveKit that nobody else reaches: the
 * WebSocket `/rtc…`, and the requests below it by which LiveKit's client asks why it was refused.
 * @param livekitUrl `ws://` address of the server.
 */
export function passSignalling(app: FastifyInstance, livekitUrl: string): void {
  const { hostname, port } = new URL(livekitUrl);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
  const open = new Set<Duplex>();
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!/^\/rtc(?:[/?]|$)/.test(request.url ?? '')) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const upstream = connect(target);
    const over = (): void => {
      socket.destroy();
      upstream.destroy();
      open.delete(socket);
    };
    open.add(socket);
    for (const end of [socket, upstream]) end.on('error', over).on('close', over);
    upstream.write(headOf(request));
    upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
  // They are no requests any more, so closing the server would wait for them.
  app.addHook('preClose', (done) => {
    for (const socket of open) socket.destroy();
    done();
  });
  app.get('/rtc/*', { schema: { hide: true } }, async (request, reply) => {
    const { pathname, search } = new URL(request.url, 'http://door');
    // `/rtc/../x` is none of it.
    if (!pathname.startsWith('/rtc/')) throw new HttpProblem('ROUTE_NOT_FOUND');
    const address = `${livekitUrl.replace(/^ws/, 'http')}${pathname}${search}`;
    const { authorization } = request.headers;
    const answer = await fetch(address, {
      headers: authorization === undefined ? {} : { authorization },
      signal: AbortSignal.timeout(answerMs),
    }).catch(() => {
      throw new HttpProblem('ROOMS_UNAVAILABLE');
    });
    return reply
      .code(answer.status)
      .type('text/plain')
      .send(await answer.text());
  });
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const fields: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) fields.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${method ?? 'GET'} ${url ?? '/'} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
}
