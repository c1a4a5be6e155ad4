import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** What /proc says of sockets and processes; where there is none, nothing is known. */
export interface BoundSocket {
  readonly port: number;
  readonly inode: string;
}

/** Port columns are hexadecimal; the tenth column is the inode (proc_net(5)). */
const listening = '0A';

/** Bound UDP sockets, or TCP sockets that listen; null: there is no /proc. */
export function boundSockets(protocol: 'tcp' | 'udp'): readonly BoundSocket[] | null {
  const tables = [protocol, `${protocol}6`].flatMap((name) => {
    try {
      return [readFileSync(`/proc/net/${name}`, 'utf8')];
    } catch {
      return [];
    }
  });
  if (tables.length === 0) return null;
  return tables.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => protocol === 'udp' || words[3] === listening)
      .map((words) => ({ port: Number.parseInt(words[1].split(':').at(-1) ?? '', 16), inode: words[9] })),
  );
}

/** Processes by the sockets that they hold; of other users’ processes only root sees them. */
export function socketOwners(): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const pid of allPids())
    for (const inode of socketsOf(pid)) if (!owners.has(inode)) owners.set(inode, pid);
  return owners;
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []].flat();
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** A process and all that it started. */
export function withDescendants(root: number): ReadonlySet<number> {
  const parents = new Map(allPids().map((pid) => [pid, parentOf(pid)]));
  const found = new Set([root]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (parent !== null && found.has(parent)) found.add(pid);
  }
  return found;
}

export function parentOf(pid: number): number | null {
  const text = readText(`/proc/${pid}/status`);
  const found = /^PPid:\s*(\d+)/m.exec(text ?? '');
  return found ? Number(found[1]) : null;
}

/** `node`, `nginx` … */
export function nameOf(pid: number): string | null {
  return readText(`/proc/${pid}/comm`)?.trim() ?? null;
}

/** How many files a process may have open; null: not known. */
export function openFilesLimit(pid: number | 'self'): number | null {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(readText(`/proc/${pid}/limits`) ?? '');
  if (!found) return null;
  return found[1] === 'unlimited' ? Infinity : Number(found[1]);
}

/** Numbers of a kernel setting, such as `net/core/rmem_max`. */
export function kernelNumbers(name: string): readonly number[] | null {
  const text = readText(`/proc/sys/${name}`);
  return text === null ? null : text.trim().split(/\s+/).map(Number);
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
