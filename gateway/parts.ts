import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PlanError } from '../dialplans/errors.ts';
import type { PromptCatalog } from '../dialplans/lint/prompts.ts';
import { addressTowards } from '../mcu/addresses.ts';
import type { MediaNodeClient } from '../mcu/control/client.ts';
import { openHostedNode, startMediaNode } from '../mcu/control/start-node.ts';
import { livekitForBrowsers } from './config/livekit-for-browsers.ts';
import type { LiveKitForBrowsers } from './config/livekit-for-browsers.ts';
import { outsideAddress } from './config/outside.ts';
import { freeSwitchServers, usesFreeSwitch } from './config/freeswitch.ts';
import { mediaHostPlace } from './config/media-host.ts';
import type { Config } from './config/schema.ts';
import { keptSecret } from './config/secrets.ts';
import { GatewayError, messageOf } from './errors.ts';
import type { Ground } from './ground.ts';
import type { EventBus } from './event-bus.ts';
import { projectFolder } from './folders.ts';
import { livekitBinary } from './livekit-binary.ts';
import { Drawings } from './mixing/drawings.ts';
import type { Mixing } from './mixing/mixing.ts';
import { openMixing } from './mixing/open.ts';
import { systemClock } from './observe/clock.ts';
import { openPlans } from './plans/open.ts';
import type { Plans } from './plans/plans.ts';
import type { Events, MeetingStore } from './ports.ts';
import { promptCatalog } from './prompts/catalog.ts';
import { shippedPromptFolder } from './prompts/prompts.ts';
import { Drains } from './records/drains.ts';
import type { Outbox } from './records/outbox.ts';
import { Retention } from './records/retention.ts';
import { openRecords } from './records/records.ts';
import type { LostCall } from './records/lost-calls.ts';
import type { OpenRecords } from './records/records.ts';
import { createLiveKitRooms } from './rooms/livekit.ts';
import type { EdgeProcess } from './sip-edge-process.ts';
import type { LiveKitRooms } from './rooms/livekit.ts';
import { startLocalLiveKit } from './rooms/local-livekit.ts';
import { DatabaseMeetings } from './rooms/meetings.ts';
import { registerKeys } from './rooms/pin-key-register.ts';
import type { Tenants } from './tenants.ts';
import { WebhookOutbox } from './webhooks/outbox.ts';
import { openWebhooks } from './webhooks/webhooks.ts';
import type { OpenWebhooks } from './webhooks/webhooks.ts';

/** With a broken plan no call could be routed rightly, so the gateway doesn't start with one. */
class PlanUnusable extends GatewayError {
  constructor(cause: unknown) {
    super({
      code: 'PLAN_INVALID',
      httpStatus: 500,
      message: messageOf(cause),
      remedy: 'Mend the named lines, or name another folder with --dialPlans.folder.',
      cause,
    });
  }
}

export async function openRooms({
  config,
  log,
  closers,
}: Ground): Promise<{ service: LiveKitRooms; url: string; browsers: LiveKitForBrowsers }> {
  const { livekit } = config;
  const local =
    livekit.url === ''
      ? await startLocalLiveKit({
          binary: livekitBinary(config),
          host: config.host,
          outside: outsideAddress(config),
          port: livekit.port,
          udpPort: livekit.port + 2,
          dataFolder: config.dataFolder,
          log,
        })
      : null;
  if (local) closers.add('livekit', () => local.close());
  const url = local?.url ?? livekit.url;
  const browsers = livekitForBrowsers(config, url, local !== null);
  const service = createLiveKitRooms({
    url,
    browserUrl: browsers.url,
    apiKey: local?.apiKey ?? livekit.apiKey,
    apiSecret: local?.apiSecret ?? livekit.apiSecret,
    instance: instanceOf(config),
    embedded: local && { version: local.version, pid: () => local.pid() },
    log: log.child({ part: 'rooms' }),
  });
  closers.add('rooms', () => service.close());
  await service.check();
  return { service, url, browsers };
}

/** @param onLost calls of gateways that died, each once */
export async function openStores(
  { config, log, closers }: Ground,
  { events, tenants }: { readonly events: EventBus; readonly tenants: Tenants },
  onLost: (calls: readonly LostCall[]) => void,
): Promise<Stores> {
  const { dataFolder, database, webhooks: hooks } = config;
  const keysFile = join(dataFolder, 'pin-keys.json');
  const outbox = new WebhookOutbox(hooks.fullNumbers === 'on');
  const records = await openRecords({
    ...{ url: database.url, dataFolder, log, outbox },
    gateway: { name: config.name || `gateway-${instanceOf(config)}`, onLost },
    beforeUse: [(db) => registerKeys(db, keysFile, systemClock)],
  });
  closers.add('records', () => records.close());
  const { db, reader } = records;
  const retention = new Retention({
    ...{ db, keepDays: config.records.keepDays },
    ...{ clock: systemClock, log: log.child({ part: 'records' }) },
  });
  closers.add('retention of records', () => retention.close());
  records.whenUsable(() => retention.start());
  const meetings = new DatabaseMeetings({
    ...{ db, reader, keysFile, outbox, clock: systemClock },
    pinLengths: (tenant) => tenants.pinLengths(tenant),
    numberDigits: config.meetings.numberDigits,
  });
  const webhooks = openWebhooks({
    ...{ db, keysFile, events, outbox, clock: systemClock },
    log: log.child({ part: 'webhooks' }),
    allowPrivate: hooks.allowPrivate === 'on',
    ca: hooks.ca === '' ? null : readFileSync(hooks.ca, 'utf8'),
    journalFile: join(dataFolder, 'waiting-events.jsonl'),
  });
  closers.add('webhooks', () => webhooks.close());
  return { records, meetings, webhooks, outbox };
}

export interface Stores {
  readonly records: OpenRecords;
  readonly meetings: MeetingStore;
  readonly webhooks: OpenWebhooks;
  readonly outbox: Outbox;
}

/** Prompts that there are now. */
export const promptsOf = ({ media }: Ground['config']): Promise<PromptCatalog> =>
  promptCatalog(media.promptFolder || shippedPromptFolder());

export async function openDialPlans(
  { config, log, closers, metrics }: Ground,
  { records: { db }, outbox }: Stores,
  events: Events,
): Promise<Plans> {
  const plans = await openPlans({
    folder: config.dialPlans.folder || join(projectFolder, 'dialplans/plans'),
    ...{ db, outbox },
    // SQLite's file is as near as a copy would be.
    copyFile: config.database.url === '' ? null : join(config.dataFolder, 'plans.json'),
    prompts: () => promptsOf(config),
    clock: systemClock,
    log: log.child({ part: 'dialplans' }),
    onRefused: (refused, tenant) => events.emit('plan.refused', tenant, refused),
    onChanged: ({ action }) => metrics.plansChanged(action),
    onCanaryCall: (side, outcome) => metrics.canaryCall(side, outcome),
  }).catch((error: unknown) => {
    throw error instanceof PlanError ? new PlanUnusable(error) : error;
  });
  closers.add('dial plans', () => plans.close());
  return plans;
}

/** Tells gateways apart; the same after a restart. */
function instanceOf({ dataFolder, name }: Config): string {
  const kept = keptSecret(dataFolder, 'instance').slice(0, 12);
  // A machine that was copied has the same secret; names that differ tell the two apart all the same.
  return name === '' ? kept : createHash('sha256').update(`${kept} ${name}`).digest('hex').slice(0, 12);
}

const pictureHeights = { '1080p': 1080, '720p': 720, '360p': 360 } as const;

/** FreeSWITCH as mixer; null: the media node mixes itself. Throws PROMPT_FOLDER_UNUSABLE, PICTURE_FOLDER_UNUSABLE. */
export async function openMixers(
  ground: Ground,
  edge: EdgeProcess,
  { db }: OpenRecords,
): Promise<Mixing | null> {
  const { config, log, closers } = ground;
  if (!usesFreeSwitch(config)) return null;
  const drawings = config.video.enabled === 'on' ? await openDrawings(ground) : null;
  const promptFolder = config.media.promptFolder || shippedPromptFolder();
  const mixing = await openMixing({
    servers: freeSwitchServers(config),
    edge: { servers: edge.servers, plainAnywhere: config.drachtio.plain === 'anywhere' },
    gateway: keptSecret(config.dataFolder, 'instance').slice(0, 12),
    ownAddress: config.freeswitch.ownHost || null,
    promptFolder,
    theirPromptFolder: config.freeswitch.promptFolder || resolve(promptFolder),
    ...(drawings && { draw: drawings.draw }),
    drains: new Drains(db),
    log: log.child({ part: 'mixing' }),
  });
  closers.add('mixing', () => mixing.close());
  return mixing;
}

async function openDrawings({ config, log, childSink, closers }: Ground): Promise<Drawings> {
  const drawings = await Drawings.start({
    folder: resolve(config.freeswitch.pictureFolder || join(config.dataFolder, 'pictures')),
    output: childSink(),
    log: log.child({ part: 'drawing' }),
  });
  closers.add('drawing', () => drawings.close());
  return drawings;
}

export async function openMediaNode(
  { config, log, closers }: Ground,
  rooms: LiveKitRooms,
  mixing: Mixing | null,
): Promise<MediaNodeClient> {
  const at = mediaHostPlace(config);
  const options = { ...nodeOptions(config), log: log.child({ part: 'media' }) };
  const access = (room: string, who: { identity: string } | 'watcher') => rooms.access(room, who, options.id);
  const node = at
    ? await openHostedNode({
        ...options,
        at,
        access: async (room, who) => {
          const { url, token } = await access(room, who);
          return { url: config.mediaHost.livekitUrl || url, token };
        },
        ...(mixing && {
          mixer: {
            host: mixing,
            mediaHost: config.freeswitch.mediaHost,
            server: freeSwitchServers(config)[0].host,
          },
        }),
      })
    : await startMediaNode({
        ...options,
        access,
        host: config.host,
        publicIp: config.publicIp,
        rtpPortMin: config.media.rtpPortMin,
        rtpPortMax: config.media.rtpPortMax,
        promptFolder: config.media.promptFolder || shippedPromptFolder(),
        ...(mixing && {
          mixer: {
            host: mixing,
            mediaHost:
              config.freeswitch.mediaHost || (await addressTowards(freeSwitchServers(config)[0].host)),
          },
        }),
      });
  closers.add('media node', () => node.close());
  return node;
}

/** What is the same wherever it runs. */
function nodeOptions({ media, video, log }: Config) {
  return {
    id: 'node-1',
    silenceSeconds: media.silenceSeconds,
    link: media.link,
    ice: media.ice,
    video: video.enabled === 'on' ? { maxHeight: pictureHeights[video.maxSize] } : null,
    sound: {
      longestDelayMs: media.longestDelayMs,
      levelling: media.levelling === 'on',
      loudest: media.loudest,
      comfortNoise: media.comfortNoise === 'on',
    },
    logLevel: log.level,
  };
}
