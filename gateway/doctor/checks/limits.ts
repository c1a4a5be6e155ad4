import { ok, leftOut, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

export interface Limits {
  /** Open files that a process may have; null: not known. */
  readonly files: number | null;
  /** Largest receive buffer of a socket, octets; null: not known. */
  readonly receiveBuffer: number | null;
}

/** Sockets of a call with video and of its links, with what libraries hold beside them. */
const filesPerCall = 12;
const filesOfItself = 256;
/** What the SIP edge asks for; with less, a burst of requests is lost in the kernel. */
const wantedBuffer = 1_048_576;

/** @param maxCalls as configured */
export function checkLimits({ files, receiveBuffer }: Limits, maxCalls: number): readonly Finding[] {
  const needed = maxCalls * filesPerCall + filesOfItself;
  const findings: Finding[] = [];
  if (files === null && receiveBuffer === null) return [leftOut('limits', 'this system has no /proc')];
  if (files !== null && files < needed)
    findings.push(
      warning(`A process may have ${files} files open; ${maxCalls} calls need about ${needed}.`, {
        why: 'Calls beyond that can’t be given sockets and are refused.',
        todo: `Raise it where the gateway is started: ulimit -n ${needed}, LimitNOFILE= of systemd, ulimits of a container.`,
      }),
    );
  if (receiveBuffer !== null && receiveBuffer < wantedBuffer)
    findings.push(
      warning(`Sockets may buffer ${receiveBuffer} octets at most (net.core.rmem_max).`, {
        why: 'Bursts of calls may be lost before the gateway reads them; few calls a second are no trouble.',
        todo: `sysctl -w net.core.rmem_max=${wantedBuffer}, and the same line in /etc/sysctl.d.`,
      }),
    );
  if (findings.length > 0) return findings;
  return [
    ok(`${files ?? 'any number of'} open files, ${receiveBuffer ?? 'unknown'} octets of socket buffer`),
  ];
}
