import { AccessToken, RoomServiceClient, type VideoGrant } from 'livekit-server-sdk';
import { GatewayError, messageOf } from '../errors.ts';
import type { CallerIdentity, Log, PartStatus, Role, RoomAccess, RoomService } from '../ports.ts';

/** LiveKit checks a token at the join only; afterwards it renews it itself. Minutes are enough. */
const tokenSeconds = 600;
const deadlineSeconds = 5;

interface LiveKitOptions {
  /** Where media nodes and the room service API find LiveKit, `ws://` or `wss://`. */
  readonly url: string;
  /** Where browsers find it. */
  readonly browserUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Tells this gateway from others on the same LiveKit; the same after a restart. */
  readonly instance: string;
  /** Facts of a LiveKit that this gateway started; null: somebody else runs it. */
  readonly embedded: { readonly version: string | null; readonly pid: () => number | null } | null;
  /** How often the server is asked whether it lives, ms. */
  readonly checkEveryMs?: number;
  readonly log: Log;
}

export interface LiveKitRooms extends RoomService {
  /** Removes the participant of a call whose gateway died, if it is still that call's. */
  removeLost(room: string, identity: string, callId: string): Promise<void>;
  /** Asks the server once, now; the result is also what `status()` then says. */
  check(): Promise<PartStatus>;
  close(): void;
}

/** A link asked for a token of a caller that nobody registered. */
export class CallerNotRegistered extends GatewayError {
  constructor() {
    super({
      code: 'CALLER_NOT_REGISTERED',
      httpStatus: 500,
      message: 'A token was asked for a caller that is not registered in this room.',
      remedy: 'Register the caller before its link joins; after `forget` there is no token any more.',
    });
  }
}

/** Rooms are made by LiveKit at the first join. */
export function createLiveKitRooms(options: LiveKitOptions): LiveKitRooms {
  const callers = new Map<string, CallerIdentity>();
  const client = new RoomServiceClient(httpAddress(options.url), options.apiKey, options.apiSecret, {
    requestTimeout: deadlineSeconds,
  });
  const health = watchHealth(client, options);

  return {
    async access(room, who, nodeId): Promise<RoomAccess> {
      if (who === 'watcher') return watcherAccess(options, room, nodeId);
      const caller = callers.get(keyOf(room, who.identity));
      if (caller === undefined) throw new CallerNotRegistered();
      return callerAccess(options, caller);
    },
    register(caller) {
      callers.set(keyOf(caller.room, caller.identity), caller);
    },
    async forget(room, identity) {
      // The identity stays taken until the server has let go of it, so that a caller who dials in again
      // at once does not lose its new participant to the removal of the old one.
      const caller = callers.get(keyOf(room, identity));
      try {
        if (caller !== undefined) await removeCaller(client, caller);
      } catch (error) {
        options.log.warn(
          { room, error: messageOf(error) },
          'participant of an ended call could not be removed',
        );
      } finally {
        if (callers.get(keyOf(room, identity)) === caller) callers.delete(keyOf(room, identity));
      }
    },
    personAccess: (room, identity, name, role) => personAccess(options, { room, identity, name, role }),
    removeLost: (room, identity, callId) =>
      removeCaller(client, { room, identity, attributes: { 'sip.callID': callId } }),
    isTaken: (room, identity) => callers.has(keyOf(room, identity)),
    registered: (room) => [...callers.values()].filter((one) => one.room === room).map((one) => one.identity),
    status: health.status,
    check: health.check,
    close: health.close,
  };
}

const keyOf = (room: string, identity: string): string => JSON.stringify([room, identity]);

async function callerAccess(options: LiveKitOptions, caller: CallerIdentity): Promise<RoomAccess> {
  const token = new AccessToken(options.apiKey, options.apiSecret, {
    identity: caller.identity,
    name: caller.name,
    ttl: tokenSeconds,
    // In the token and not by `setAttributes`: that needs `canUpdateOwnMetadata` and fails in silence without.
    attributes: { ...caller.attributes },
  });
  token.kind = 'sip';
  // Without `canSubscribe` the server makes one PeerConnection for a caller and not two.
  token.addGrant(grant(caller.room, { canPublish: true, canSubscribe: false, canPublishData: false }));
  return { url: options.url, token: await token.toJwt() };
}

async function watcherAccess(options: LiveKitOptions, room: string, nodeId: string): Promise<RoomAccess> {
  const token = new AccessToken(options.apiKey, options.apiSecret, {
    // One per room and node: a rejoin takes the place of its own ghost, another node's watcher stays.
    identity: `gateway_watcher_${options.instance}_${nodeId}`,
    ttl: tokenSeconds,
  });
  token.addGrant(grant(room, { hidden: true, canPublish: false, canSubscribe: true, canPublishData: false }));
  return { url: options.url, token: await token.toJwt() };
}

async function personAccess(
  options: LiveKitOptions,
  person: { room: string; identity: string; name: string; role: Role },
): Promise<RoomAccess> {
  const token = new AccessToken(options.apiKey, options.apiSecret, {
    identity: person.identity,
    name: person.name,
    ttl: tokenSeconds,
    attributes: { 'gateway.role': person.role },
  });
  token.addGrant(grant(person.room, { canPublish: true, canSubscribe: true, canPublishData: true }));
  return { url: options.browserUrl, token: await token.toJwt() };
}

const grant = (room: string, may: VideoGrant): VideoGrant => ({ room, roomJoin: true, ...may });

/**
 * Removes what is left of a call. LiveKit removes by identity, and somebody else may have taken that: another
 * gateway's caller of the same number, or the call's successor when this comes late. So the participant must carry
 * the call's id; its SID says nothing, as each rejoin gets a new one. Resolves also when there is no such
 * participant or room: that is what was wanted.
 */
async function removeCaller(
  client: RoomServiceClient,
  { room, identity, attributes }: Pick<CallerIdentity, 'room' | 'identity' | 'attributes'>,
): Promise<void> {
  try {
    const present = await client.getParticipant(room, identity);
    if (present.attributes['sip.callID'] !== attributes['sip.callID']) return;
    await client.removeParticipant(room, identity);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 404;
}

function watchHealth(
  client: RoomServiceClient,
  options: LiveKitOptions,
): { status: () => PartStatus; check: () => Promise<PartStatus>; close: () => void } {
  let state: PartStatus['state'] = 'starting';
  let detail: string | undefined;
  let closed = false;

  const status = (): PartStatus => ({
    // What was found of one that died since says nothing of the next.
    state: options.embedded?.pid() === null ? 'starting' : state,
    embedded: options.embedded !== null,
    version: options.embedded?.version ?? null,
    pid: options.embedded?.pid() ?? null,
    ...(detail === undefined ? {} : { detail }),
  });
  const look = async (): Promise<PartStatus> => {
    const before = state;
    try {
      // Asking for a room that is never there tests address, key and secret, and costs no list.
      await client.listRooms(['gateway-health']);
      state = 'up';
      detail = undefined;
    } catch (error) {
      state = 'down';
      detail = `LiveKit does not answer as it should (${messageOf(error)}); check LIVEKIT_URL and its keys.`;
    }
    if (state !== before && !closed) options.log.info({ state, was: before }, 'LiveKit changed state');
    return status();
  };
  let looking: Promise<PartStatus> | undefined;
  const check = (): Promise<PartStatus> =>
    (looking ??= look().finally(() => {
      looking = undefined;
    }));
  let timer: NodeJS.Timeout | undefined;
  const loop = async (): Promise<void> => {
    await check();
    if (!closed) timer = setTimeout(() => void loop(), options.checkEveryMs ?? 5_000).unref();
  };
  void loop();
  return {
    status,
    check,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** `ws://` → `http://`, `wss://` → `https://`: LiveKit's API is on the same port as its signalling. */
function httpAddress(url: string): string {
  return url.replace(/^ws/, 'http');
}
