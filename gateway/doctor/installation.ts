import { join } from 'node:path';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { LinkFactory } from '../../mcu/ports.ts';
import { usesDrachtio } from '../config/drachtio.ts';
import { usesFreeSwitch } from '../config/freeswitch.ts';
import { mediaHostPlace } from '../config/media-host.ts';
import { inUri, nearAddress, publicAddresses } from '../config/outside.ts';
import type { Config } from '../config/schema.ts';
import { projectFolder } from '../folders.ts';
import { createLogger } from '../observe/logger.ts';
import { shippedPromptFolder } from '../prompts/prompts.ts';
import { askOptions } from './call/options.ts';
import { sipPlaces } from './call/sip-place.ts';
import { checkClocks, runProgram } from './checks/clocks.ts';
import { codecFindings, neededSteps, tryCodecs } from './checks/codecs.ts';
import type { StoredPlans } from '../plans/stored.ts';
import { checkDialPlan } from './checks/configuration.ts';
import { checkDatabase, freeBytes } from './checks/database.ts';
import { checkDrachtio } from './checks/drachtio.ts';
import { checkEchoCall } from './checks/echo-call.ts';
import { checkFreeSwitches, overEventSocket } from './checks/freeswitch.ts';
import { gatewayFindings } from './checks/gateway.ts';
import { checkLimits } from './checks/limits.ts';
import { checkLiveKit, httpGet, livekitVersion, noRoomsHere } from './checks/livekit.ts';
import { checkMediaHost } from './checks/media-host.ts';
import { checkListeners, checkRtpRange } from './checks/ports.ts';
import type { Sockets } from './checks/ports.ts';
import { checkPrompts } from './checks/prompts.ts';
import { checkRoomCall } from './checks/room-call.ts';
import { checkSecrets } from './checks/secrets.ts';
import { checkSip } from './checks/sip.ts';
import { boundSockets, kernelNumbers, nameOf, openFilesLimit, socketOwners } from './proc.ts';
import type { Ordered } from './run-checks.ts';
import type { RunningGateway } from './running.ts';

const requestSeconds = 4;
/** Numbers that the plan that ships, invitations and the start page name. */
const numbers = { pin: '1000', echo: '9196' } as const;

const sockets: Sockets = { bound: boundSockets, owners: socketOwners, nameOf };

/** What can be looked at with a configuration that the gateway would start with. */
export function installationChecks(config: Config, gateway: RunningGateway | null): readonly Ordered[] {
  const where = `${inUri(nearAddress(config.host))}:${config.http.port}`;
  return [
    ...machineChecks(config, gateway),
    {
      id: 'gateway',
      title: 'gateway',
      deadlineMs: 1_000,
      run: () => gatewayFindings(gateway?.parts ?? null, where),
    },
    ...partChecks(config, gateway),
    ...(gateway ? callChecks(config, gateway) : []),
  ];
}

function machineChecks(config: Config, gateway: RunningGateway | null): Ordered[] {
  const plans = config.dialPlans.folder || join(projectFolder, 'dialplans/plans');
  const sounds = config.media.promptFolder || shippedPromptFolder();
  return [
    {
      id: 'dial-plan',
      title: 'dial plan',
      // Ten thousand rules take their time.
      deadlineMs: 70_000,
      run: () => checkDialPlan(plans, sounds, () => storedPlans(config)),
    },
    { id: 'prompts', title: 'prompts', deadlineMs: 5_000, run: () => checkPrompts(sounds) },
    {
      id: 'ports',
      title: 'ports',
      deadlineMs: 5_000,
      run: async () => [
        ...(await checkListeners(config, gateway, sockets)),
        // A media host has its own.
        ...(mediaHostPlace(config)
          ? []
          : checkRtpRange(config, gateway, sockets, kernelNumbers('net/ipv4/ip_local_port_range'))),
      ],
    },
    {
      id: 'limits',
      title: 'limits',
      deadlineMs: 2_000,
      run: () => {
        const files = openFilesLimit(gateway?.pid ?? 'self');
        const receiveBuffer = kernelNumbers('net/core/rmem_max')?.[0] ?? null;
        return checkLimits({ files, receiveBuffer }, config.calls.maxCalls);
      },
    },
    {
      id: 'codecs',
      title: 'codecs',
      deadlineMs: 15_000,
      run: async (signal) => codecFindings(await tryCodecs(neededSteps(config), signal)),
    },
    { id: 'secrets', title: 'secrets', deadlineMs: 2_000, run: () => checkSecrets(config) },
    { id: 'clock', title: 'clock', deadlineMs: 5_000, run: (signal) => checkClocks(runProgram, signal) },
  ];
}

async function storedPlans({ database, dataFolder }: Config): Promise<StoredPlans> {
  // A native library, which a broken installation may lack.
  const { lookAtPlans } = await import('../plans/look.ts');
  return lookAtPlans({ url: database.url, dataFolder, log: silentLog() });
}

function partChecks(config: Config, gateway: RunningGateway | null): Ordered[] {
  const mediaHost = mediaHostPlace(config);
  const outside = {
    get: httpGet,
    versionOf: livekitVersion,
    listRooms: ({ url, apiKey, apiSecret }: Config['livekit']) =>
      new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, {
        requestTimeout: requestSeconds,
      }).listRooms(['gateway-doctor']),
  };
  return [
    {
      id: 'database',
      title: 'database',
      deadlineMs: 12_000,
      run: async () => {
        // A native library, which a broken installation may lack.
        const { lookAtDatabase } = await import('../records/look.ts');
        const look = () =>
          lookAtDatabase({ url: config.database.url, dataFolder: config.dataFolder, log: silentLog() });
        return checkDatabase(config, { look, freeBytes });
      },
    },
    {
      id: 'livekit',
      title: 'LiveKit',
      deadlineMs: 10_000,
      run: (signal) => checkLiveKit(config, gateway?.parts ?? null, outside, signal),
    },
    ...livekitMediaCheck(config, gateway),
    ...(usesDrachtio(config)
      ? [
          {
            id: 'drachtio',
            title: 'drachtio-server',
            deadlineMs: 8_000,
            run: (signal: AbortSignal) => checkDrachtio(config, signal),
          },
        ]
      : []),
    ...(mediaHost
      ? [
          {
            id: 'media-host',
            title: 'media host',
            deadlineMs: 9_000,
            run: (signal: AbortSignal) => checkMediaHost(mediaHost, signal),
          },
        ]
      : []),
    ...(usesFreeSwitch(config)
      ? [
          {
            id: 'freeswitch',
            title: 'FreeSWITCH',
            deadlineMs: 12_000,
            run: (signal: AbortSignal) => checkFreeSwitches(config, overEventSocket, signal),
          },
        ]
      : []),
  ];
}

function livekitMediaCheck(config: Config, gateway: RunningGateway | null): Ordered[] {
  const facts = { id: 'livekit-media', title: 'LiveKit’s media', deadlineMs: 25_000 };
  if (config.livekit.url !== '')
    return [
      {
        ...facts,
        after: ['codecs', 'livekit'],
        run: async (signal) => {
          const { checkLiveKitMedia } = await import('./checks/livekit-media.ts');
          return checkLiveKitMedia(config, await roomLinks(config), signal);
        },
      },
    ];
  // Its keys are known to the gateway alone: the call into a room shows its media.
  return gateway ? [] : [{ ...facts, run: () => [noRoomsHere] }];
}

function callChecks(config: Config, gateway: RunningGateway): Ordered[] {
  const places = sipPlaces(config, gateway.parts);
  const udp = places.find(({ transport }) => transport === 'udp');
  const options = {
    nearOf: (address: string) =>
      publicAddresses(config).includes(address) ? nearAddress(config.host) : address,
    encryptedOnly: config.sip.srtp === 'require',
  };
  const sip: Ordered = {
    id: 'sip',
    title: 'SIP',
    deadlineMs: 8_000,
    run: (signal) => checkSip(config, places, { options: askOptions }, signal),
  };
  if (!udp) return [sip];
  return [
    sip,
    {
      id: 'echo-call',
      title: 'call: echo',
      deadlineMs: 22_000,
      after: ['sip'],
      run: (signal) => checkEchoCall(udp, { ...options, number: numbers.echo }, signal),
    },
    {
      id: 'room-call',
      title: 'call: room',
      deadlineMs: 35_000,
      after: ['codecs', 'livekit', 'sip'],
      run: async (signal) =>
        checkRoomCall(
          udp,
          gateway,
          {
            ...options,
            number: numbers.pin,
            links: await roomLinks(config),
            livekitUrl: nearLiveKit(config),
          },
          signal,
        ),
    },
  ];
}

/** The links that callers have; a native library, loaded once the codecs' check has shown that it can be. */
async function roomLinks({ host }: Config): Promise<LinkFactory> {
  const { createLiveKitLinks } = await import('../../mcu/link/livekit-links.ts');
  return createLiveKitLinks({ log: silentLog(), bindAddress: host });
}

function nearLiveKit({ livekit, host }: Config): string {
  return livekit.url === '' ? `ws://${inUri(nearAddress(host))}:${livekit.port}` : livekit.url;
}

function silentLog() {
  return createLogger({ level: 'silent', pretty: false, out: process.stderr }).log;
}
