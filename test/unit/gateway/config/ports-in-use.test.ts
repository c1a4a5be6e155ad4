import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { checkPorts } from '../../../../gateway/config/ports-in-use.ts';
import type { PortNeed } from '../../../../gateway/config/ports-in-use.ts';

const need = (host: string, port: number): PortNeed => ({
  use: 'the API and pages',
  key: 'http.port',
  host,
  port,
  protocol: 'tcp',
});

it('names a port that another program has, and the key that moves it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(checkPorts([need('127.0.0.1', port)])).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${port} (TCP)`) as string,
  });
  server.close();
});

it('tells an address that is not this machine’s from a port that is taken', async () => {
  await expect(checkPorts([need('203.0.113.77', 8080)])).rejects.toMatchObject({
    code: 'PORT_NOT_ALLOWED',
    remedy: expect.stringContaining('--host to an address of this machine') as string,
  });
});
