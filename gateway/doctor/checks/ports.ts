import { portNeeds } from '../../config/port-needs.ts';
import { checkPorts, PortInUse } from '../../config/ports-in-use.ts';
import type { PortNeed } from '../../config/ports-in-use.ts';
import type { Config } from '../../config/schema.ts';
import { failed, failedBy, leftOut, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { BoundSocket } from '../proc.ts';

/** What is seen of this machine's sockets. */
export interface Sockets {
  /** Null: it can't be seen here. */
  bound(protocol: 'tcp' | 'udp'): readonly BoundSocket[] | null;
  owners(): ReadonlyMap<string, number>;
  nameOf(pid: number): string | null;
}

/** Processes of the gateway that runs; null: none runs. `pids` null: which they are is not known. */
export type Ours = { readonly pids: ReadonlySet<number> | null } | null;

/** Ports that are taken one by one: free before the start, held by our gateway after it. */
export async function checkListeners(
  config: Config,
  ours: Ours,
  sockets: Sockets,
): Promise<readonly Finding[]> {
  const needs = portNeeds(config).filter(({ port }) => port !== 0);
  const owners = sockets.owners();
  const findings = await Promise.all(
    needs.map(async (need) => {
      const problem = await checkPorts([need]).then(
        () => null,
        (error: unknown) => error,
      );
      const holder = holderOf(need, sockets, owners);
      if (ours) return whenRunning(need, problem, holder, ours.pids);
      return problem === null ? null : whenStopped(need, problem, holder, sockets);
    }),
  );
  const bad = findings.filter((one) => one !== null);
  if (bad.length > 0) return bad;
  const numbers = [...new Set(needs.map(({ port }) => port))].join(', ');
  return [ok(ours ? `our gateway listens on ${numbers}` : `${numbers} are free`)];
}

function holderOf({ port, protocol }: PortNeed, sockets: Sockets, owners: ReadonlyMap<string, number>) {
  const inodes = (sockets.bound(protocol) ?? []).filter((one) => one.port === port).map(({ inode }) => inode);
  return inodes.map((inode) => owners.get(inode)).find((pid) => pid !== undefined) ?? null;
}

function whenRunning(
  { use, host, port, protocol, key }: PortNeed,
  problem: unknown,
  holder: number | null,
  pids: ReadonlySet<number> | null,
): Finding | null {
  const where = `${host}:${port} (${protocol.toUpperCase()})`;
  if (problem === null)
    return failed(`Nobody listens at ${where}, for ${use}.`, {
      why: 'The gateway runs, but with other settings, or this part of it is being started again.',
      todo: `Give the doctor the options and environment that the gateway has (${key}), or look into the gateway’s log.`,
    });
  if (!(problem instanceof PortInUse)) return failedBy(`${where} can’t be had, for ${use}.`, problem, '');
  if (pids === null || holder === null || pids.has(holder)) return null;
  return failed(`${where}, for ${use}, is held by process ${holder}, which is none of this gateway’s.`, {
    why: 'Calls to that address go elsewhere.',
    todo: `End that process, or move the gateway with --${key}.`,
  });
}

function whenStopped(
  { use, host, port, protocol, key }: PortNeed,
  problem: unknown,
  holder: number | null,
  sockets: Sockets,
) {
  const where = `${host}:${port} (${protocol.toUpperCase()})`;
  if (!(problem instanceof PortInUse)) return failedBy(`${where} can’t be had, for ${use}.`, problem, '');
  const name = holder === null ? null : (sockets.nameOf(holder) ?? 'a program');
  const by = name === null ? 'another program' : `${name} (process ${holder ?? 0})`;
  return failed(`${where}, for ${use}, is taken by ${by}.`, {
    why: 'The gateway could not start.',
    todo: `End that program, or choose another port with --${key}.`,
  });
}

/** A call with video takes four. */
const portsPerCall = 4;

/** The range that calls' media is given ports from. */
export function checkRtpRange(
  config: Config,
  ours: Ours,
  sockets: Sockets,
  ephemeral: readonly number[] | null,
): readonly Finding[] {
  const { rtpPortMin: min, rtpPortMax: max } = config.media;
  const range = `${min}–${max}`;
  const count = max - min + 1;
  const findings: Finding[] = [];
  const calls = Math.floor(count / portsPerCall);
  if (calls < config.calls.maxCalls)
    findings.push(
      warning(
        `RTP ports ${range} are enough for ${calls} calls with video, and calls.maxCalls is ${config.calls.maxCalls}.`,
        {
          why: 'A call takes two ports, four with video; what comes beyond is refused.',
          todo: 'Widen media.rtpPortMin to media.rtpPortMax, or lower calls.maxCalls.',
        },
      ),
    );
  if (ephemeral && ephemeral[0] <= max && ephemeral[1] >= min)
    findings.push(
      warning(
        `RTP ports ${range} overlap with those that the kernel gives to any program (${ephemeral.join('–')}).`,
        {
          why: 'Now and then a port of the range is taken by a program that asked for any.',
          todo: 'Move media.rtpPortMin and media.rtpPortMax, or set net.ipv4.ip_local_reserved_ports to that range.',
        },
      ),
    );
  findings.push(...strangersIn(min, max, ours, sockets));
  return findings.length > 0 ? findings : [ok(`RTP ports ${range} are free of others`)];
}

function strangersIn(min: number, max: number, ours: Ours, sockets: Sockets): Finding[] {
  const bound = sockets.bound('udp');
  if (bound === null) return [leftOut('who has RTP ports', 'this system has no /proc/net')];
  if (ours?.pids === null) return [];
  const owners = sockets.owners();
  const strangers = bound.filter(({ port, inode }) => {
    const owner = owners.get(inode);
    return port >= min && port <= max && (owner === undefined || !ours?.pids?.has(owner));
  });
  if (strangers.length === 0) return [];
  const [{ port, inode }] = strangers;
  const pid = owners.get(inode);
  const by =
    pid === undefined ? '' : `, port ${port} by ${sockets.nameOf(pid) ?? 'a program'} (process ${pid})`;
  return [
    warning(`${strangers.length} of the RTP ports ${min}–${max} are taken by others${by}.`, {
      why: 'The gateway passes them over, so that fewer calls fit.',
      todo: 'Move that program, or media.rtpPortMin and media.rtpPortMax.',
    }),
  ];
}
