import { randomBytes } from 'node:crypto';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { SignalConnection } from '../../../mcu/link/signalling.ts';
import { withDeadline } from '../../../mcu/deadline.ts';
import type { LinkFactory, RoomAccess } from '../../../mcu/ports.ts';
import type { Config } from '../../config/schema.ts';
import { RoomPerson } from '../call/room-person.ts';
import { awaited } from '../call/wait.ts';
import { because, failed, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';

const hz = 700;
const joinMs = 8_000;
const hearMs = 5_000;
const requestSeconds = 3;

/** A room that nobody else has: one says a tone there, another has to hear it. All of it is taken away again. */
export async function checkLiveKitMedia(
  config: Config,
  links: LinkFactory,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { livekit } = config;
  const room = `gateway-doctor-${randomBytes(6).toString('hex')}`;
  const access = async (identity: string): Promise<RoomAccess> => {
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity, ttl: 60 });
    token.addGrant({ room, roomJoin: true, canPublish: true, canSubscribe: true });
    return { url: livekit.url, token: await token.toJwt() };
  };
  let person: RoomPerson | null = null;
  try {
    const version = await versionOf(await access('doctor-asks'), signal);
    const heard = awaited(signal);
    person = await withDeadline(joinMs, [signal], (until) =>
      RoomPerson.join(
        links,
        { speak: () => access('doctor-speaks'), listen: () => access('doctor-listens') },
        { says: hz, hears: { hz, from: () => true, heard: heard.settle } },
        until,
      ),
    );
    await withDeadline(hearMs, [signal], (until) => Promise.race([heard.done, awaited(until).done]));
    return [ok(`LiveKit ${version}: what one says in a room of ours, another hears`)];
  } catch (error) {
    return [person ? unheard(livekit.url) : notJoined(livekit.url, error)];
  } finally {
    await person?.close();
    await removeRoom(config, room);
  }
}

async function versionOf(access: RoomAccess, signal: AbortSignal): Promise<string> {
  const { connection, join } = await withDeadline(joinMs, [signal], (until) =>
    SignalConnection.join(access, until),
  );
  await connection.leave();
  return join.serverInfo?.version ?? join.serverVersion;
}

function notJoined(url: string, error: unknown): Finding {
  return failed(`No room of LiveKit at ${url} can be joined.`, {
    why: because(error),
    todo: 'Check that LiveKit’s media ports (rtc.udp_port, or port_range_start to port_range_end; UDP) are open from here, and that rtc.node_ip or use_external_ip make it name an address that this machine reaches.',
  });
}

function unheard(url: string): Finding {
  return failed(`A room of LiveKit at ${url} was joined, but nothing that is said there comes back.`, {
    why: 'Media does not pass, though signalling does.',
    todo: 'Open LiveKit’s media ports (UDP) in both directions; see its log for this minute.',
  });
}

async function removeRoom({ livekit }: Config, room: string): Promise<void> {
  const rooms = new RoomServiceClient(livekit.url.replace(/^ws/, 'http'), livekit.apiKey, livekit.apiSecret, {
    requestTimeout: requestSeconds,
  });
  // Empty, it goes by itself after LiveKit's departure time-out.
  await rooms.deleteRoom(room).catch(() => undefined);
}
