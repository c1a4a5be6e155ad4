import { Channel } from './control/channel.ts';
import type { Port } from './control/channel.ts';
import type { Entered } from './control/entry.ts';
import { RelayedLog } from './control/log.ts';
import { deafToMixer } from './control/mixer-protocol.ts';
import { gatewayContract, nodeContract, nodeOptions } from './control/protocol.ts';
import type { NodeOptions } from './control/protocol.ts';
import { EmbeddedEngine } from './engines/embedded/engine.ts';
import { FreeSwitchEngine } from './engines/freeswitch/engine.ts';
import { MediaNode } from './node.ts';
import type { GatewayChannel, NodeDeps } from './node.ts';
import type { LinkFactory, Log } from './ports.ts';

export type MakeLinks = (log: Log, options: NodeOptions) => LinkFactory | Promise<LinkFactory>;

/** A media node's process: its engine, its node, the gateway's channel. */
export async function startNodeProcess(start: unknown, port: Port, makeLinks: MakeLinks): Promise<Entered> {
  const options = nodeOptions.parse(start);
  // The gateway listens from `ready` on; what fails before is told by the process's end and its stderr.
  let channel: GatewayChannel | null = null;
  const log = new RelayedLog(options.logLevel, (line) => channel?.tell('log', line), { node: options.id });
  const links = await makeLinks(log, options);
  const gateway: Gateway = {
    call: (...parameters) => opened.call(...parameters),
    tell: (...parameters) => opened.tell(...parameters),
  };
  const { engine, mixer, onUse } = options.mixer
    ? relayToFreeSwitch(options, options.mixer.host, gateway, log)
    : await mixHere(options, log);
  const node = new MediaNode({ options, engine, links, log, mixer, onUse, gateway });
  const opened: GatewayChannel = new Channel(port, nodeContract, gatewayContract, node.serve());
  channel = opened;
  return {
    ready: { engine: { kind: engine.kind, ...engine.status() } },
    close: async () => {
      await node.close();
      opened.close();
    },
  };
}

type Gateway = Pick<GatewayChannel, 'call' | 'tell'>;
type Mixing = Pick<NodeDeps, 'engine' | 'mixer' | 'onUse'>;

/** In processes of this node's own. */
async function mixHere(options: NodeOptions, log: Log): Promise<Mixing> {
  const engine = await EmbeddedEngine.start({
    promptFolder: options.promptFolder,
    sound: options.sound,
    pictures: options.video !== null,
    logLevel: options.logLevel,
    log,
  });
  return { engine, mixer: deafToMixer, onUse: () => engine.keepStandBy() };
}

/** No process mixes here. */
function relayToFreeSwitch(options: NodeOptions, host: string, gateway: Gateway, log: Log): Mixing {
  const engine = new FreeSwitchEngine({
    host,
    // The contract has these events as they are.
    ask: (name, params) => gateway.tell(name, params as never),
    pictures: options.video !== null,
    log,
  });
  return { engine, mixer: engine.told, onUse: () => undefined };
}
