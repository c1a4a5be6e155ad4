import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const module = fileURLToPath(new URL('../../mcu/control/inherited.ts', import.meta.url));

/** Says which of its descriptors 3 and 4 are sockets, before and after. */
const child = `
import { readlinkSync } from 'node:fs';
import { closeInheritedUdpSockets } from ${JSON.stringify(module)};
const isSocket = (fd) => {
  try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; }
};
const before = [3, 4].map(isSocket);
closeInheritedUdpSockets();
console.log(JSON.stringify({ before, after: [3, 4].map(isSocket) }));
`;

function sockets(): Set<number> {
  const isSocket = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  };
  return new Set(readdirSync('/proc/self/fd').filter(isSocket).map(Number));
}

test.runIf(process.platform === 'linux')(
  'a process closes the UDP sockets that its parent left it, and nothing else',
  async () => {
    const atFirst = sockets();
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const [udpFd] = [...sockets()].filter((fd) => !atFirst.has(fd));
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const [tcpFd] = [...sockets()].filter((fd) => !atFirst.has(fd) && fd !== udpFd);
    try {
      const out = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', child], {
        stdio: ['ignore', 'pipe', 'inherit', udpFd, tcpFd],
        encoding: 'utf8',
      });
      expect(JSON.parse(out)).toEqual({ before: [true, true], after: [false, true] });
    } finally {
      udp.close();
      tcp.close();
    }
  },
);
