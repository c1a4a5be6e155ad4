import { randomUUID } from 'node:crypto';
import { makeIdentity, writeIdentity } from '../dtls/identity.ts';
import { hostName, hostedBy } from '../host/line.ts';
import type { HostPlace } from '../host/line.ts';
import type { HostedStart } from '../host/start.ts';
import { Child } from './child.ts';
import { MediaNodeClient } from './client.ts';
import type { NodeHold } from './client.ts';
import { forks } from './forked.ts';
import type { MixerHost } from './mixer-protocol.ts';
import type { NodeStart } from './protocol.ts';

type Owner = Omit<NodeHold, 'id' | 'at' | 'mixer'>;

/** A media node of this machine. */
export interface MediaNodeOptions extends Omit<NodeStart, 'dtls' | 'mixer'>, Owner {
  /** FreeSWITCH mixes, and this drives it; absent: the node mixes itself. */
  readonly mixer?: {
    readonly host: MixerHost;
    /** IP address at which FreeSWITCH reaches the node. */
    readonly mediaHost: string;
  };
  /** The node's entry; another one in tests. */
  readonly module?: URL;
}

/** A media node on a host; what is the machine's own the host knows. */
export interface HostedNodeOptions extends Omit<HostedStart, 'dtls' | 'mixer'>, Owner {
  readonly at: HostPlace;
  readonly mixer?: {
    readonly host: MixerHost;
    /** IP address at which FreeSWITCH reaches the node; empty: the one that leads to `server`. */
    readonly mediaHost: string;
    /** Host of a FreeSWITCH. */
    readonly server: string;
  };
}

/** A child of ours; resolves when it and its engine run. Throws CHILD_FAILED. */
export function startMediaNode(options: MediaNodeOptions): Promise<MediaNodeClient> {
  const { access, log, restoreWithinMs, module, mixer, ...node } = options;
  const start: NodeStart = {
    ...node,
    mixer: mixer ? { host: mixer.mediaHost } : null,
    dtls: writeIdentity(makeIdentity()),
  };
  const hold = { id: options.id, at: null, mixer: mixer?.host, access, log, restoreWithinMs };
  const launch = forks({ module: module ?? new URL('../main.ts', import.meta.url) });
  return MediaNodeClient.start(hold, (child) => Child.start({ ...child, launch, start }));
}

/**
 * A media node that a host runs. Resolves when it and its engine run, or could not be had once: a host that is away
 * is tried again until it is there, and the node's status says why.
 */
export function openHostedNode(options: HostedNodeOptions): Promise<MediaNodeClient> {
  const { access, log, restoreWithinMs, at, mixer, ...node } = options;
  const start: HostedStart = {
    ...node,
    mixer: mixer ? { host: mixer.mediaHost, server: mixer.server } : null,
    // Peers know the node by it: what was agreed under it holds in its next process.
    dtls: writeIdentity(makeIdentity()),
  };
  const hold = { id: options.id, at: hostName(at), mixer: mixer?.host, access, log, restoreWithinMs };
  const launch = hostedBy(at, randomUUID());
  return MediaNodeClient.start(hold, (child) => Child.open({ ...child, launch, start }));
}
