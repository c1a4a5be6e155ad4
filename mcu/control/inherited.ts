import { closeSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * Closes UDP sockets that this process got from its parent; to be called before it opens any of its own.
 * libdatachannel opens its sockets without FD_CLOEXEC, so whatever is forked while links are open would keep their
 * ports, and what still comes there, for as long as it lives. Linux only: elsewhere nothing is done.
 */
export function closeInheritedUdpSockets(): void {
  const inodes = new Set(['/proc/self/net/udp', '/proc/self/net/udp6'].flatMap(inodesIn));
  if (inodes.size === 0) return;
  for (const fd of readdirSync('/proc/self/fd')) {
    const inode = inodeOf(fd);
    if (inode !== null && inodes.has(inode)) closeSync(Number(fd));
  }
}

function inodesIn(table: string): string[] {
  try {
    const [, ...rows] = readFileSync(table, 'utf8').trim().split('\n');
    return rows.map((row) => row.trim().split(/\s+/)[9]);
  } catch {
    return [];
  }
}

function inodeOf(fd: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? null;
  } catch {
    // The descriptor of the folder's own listing.
    return null;
  }
}
