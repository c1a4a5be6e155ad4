import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { withDeadline } from '../../../mcu/deadline.ts';
import type { LinkFactory, RoomAccess } from '../../../mcu/ports.ts';
import { PhoneCall } from '../call/phone-call.ts';
import { RoomPerson } from '../call/room-person.ts';
import type { SipPlace } from '../call/sip-place.ts';
import { awaited } from '../call/wait.ts';
import { because, failed, failedBy, leftOut, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { RunningGateway } from '../running.ts';
import { encryptedReason, refusal } from './test-call.ts';
import type { CallOptions } from './test-call.ts';

const callerHz = 700;
const personHz = 1_100;
const joinMs = 8_000;
const answerMs = 6_000;
const heardMs = 12_000;
const cleanMs = 3_000;
/** The prompt has begun by then; typing stops it. */
const beforePinMs = 400;

const tried = z.object({ route: z.object({ action: z.object({ kind: z.string() }) }) });
const made = z.object({ id: z.string(), pins: z.object({ host: z.string() }) });
const admission = z.object({ token: z.string() });

/**
 * A call through every part: a meeting is made, somebody joins its room as a browser does, a telephone calls, types the
 * PIN, and each has to hear the other. The meeting is taken away again.
 * @param livekitUrl where this machine finds LiveKit
 */
export async function checkRoomCall(
  place: SipPlace,
  gateway: Pick<RunningGateway, 'api'>,
  {
    links,
    livekitUrl,
    ...options
  }: CallOptions & { readonly links: LinkFactory; readonly livekitUrl: string },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { number, encryptedOnly } = options;
  if (encryptedOnly) return [leftOut('a call into a room', encryptedReason)];
  const room = `gateway-doctor-${randomBytes(6).toString('hex')}`;
  let meeting: z.infer<typeof made>;
  try {
    const { route } = tried.parse(await gateway.api('POST', '/dial-plan/try', { called: number }, signal));
    if (route.action.kind !== 'ask-pin')
      return [
        leftOut('a call into a room', `${number} asks for no PIN in this dial plan (${route.action.kind})`),
      ];
    meeting = made.parse(await gateway.api('POST', '/meetings', { room }, signal));
  } catch (error) {
    return [
      failedBy(
        'A meeting to call can’t be made.',
        error,
        'Run the doctor as the user that the gateway runs as, or set GATEWAY_ADMIN_TOKEN.',
      ),
    ];
  }
  const pin = meeting.pins.host;
  const access = async (): Promise<RoomAccess> => {
    const body = { name: 'Gateway doctor', pin };
    const { token } = admission.parse(await gateway.api('POST', `/join/${room}`, body, signal));
    return { url: livekitUrl, token };
  };
  try {
    return [await meet(place, pin, { ...options, links, access }, signal)];
  } finally {
    await withDeadline(cleanMs, [], (until) =>
      gateway.api('DELETE', `/meetings/${encodeURIComponent(meeting.id)}`, null, until),
    ).catch(() => undefined);
  }
}

interface MeetOptions extends CallOptions {
  readonly links: LinkFactory;
  readonly access: () => Promise<RoomAccess>;
}

async function meet(
  place: SipPlace,
  pin: string,
  options: MeetOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const { number, nearOf, links, access } = options;
  const callerHeard = awaited(signal);
  let person: RoomPerson | null = null;
  let call: PhoneCall | null = null;
  try {
    person = await withDeadline(joinMs, [signal], (until) =>
      RoomPerson.join(
        links,
        { speak: access, listen: access },
        {
          says: personHz,
          hears: {
            hz: callerHz,
            from: ({ participantIdentity }) => participantIdentity.startsWith('sip_'),
            heard: callerHeard.settle,
          },
        },
        until,
      ),
    ).catch((error: unknown) => {
      throw new NotJoined(error);
    });
    call = await withDeadline(answerMs, [signal], (until) =>
      PhoneCall.dial(place, number, { nearOf, signal: until }),
    );
    await pause(beforePinMs, undefined, { signal });
    call.media.type(`${pin}#`);
    call.media.say(callerHz);
    return await bothHear(call, number, callerHeard.done, signal);
  } catch (error) {
    if (error instanceof NotJoined) return notJoined(error);
    return refusal(number, error);
  } finally {
    await Promise.all([call?.hangUp(), person?.close()]);
  }
}

async function bothHear(
  { media, ended }: PhoneCall,
  number: string,
  inRoom: Promise<void>,
  signal: AbortSignal,
): Promise<Finding> {
  const until = new AbortController();
  const [phoneHears, roomHears] = await withDeadline(heardMs, [signal, until.signal], (deadline) =>
    Promise.all([
      media.hears(personHz, deadline).then(
        () => null,
        (error: unknown) => because(error),
      ),
      Promise.race([
        inRoom,
        awaited(deadline).done,
        ended.then((reason) => {
          until.abort(new Error(`the gateway hung up: ${reason}`));
          return new Promise<never>(() => undefined);
        }),
      ]).then(
        () => null,
        (error: unknown) => because(error),
      ),
    ]),
  );
  if (phoneHears === null && roomHears === null)
    return ok(`${number}, PIN, room: a telephone and somebody in the room hear each other`);
  const [who, whom] =
    phoneHears === null
      ? ['somebody in the room does not hear the telephone', 'telephone into the room']
      : roomHears === null
        ? ['the telephone does not hear somebody in the room', 'room to the telephone']
        : [
            'the telephone and somebody in the room do not hear each other',
            'telephone into the room, or back',
          ];
  return failed(`A call to ${number} was answered, but ${who}.`, {
    why: phoneHears ?? roomHears ?? '',
    todo: `See the gateway’s log and the record of this call for the way from the ${whom}, and the check of LiveKit’s media.`,
  });
}

class NotJoined extends Error {
  constructor(cause: unknown) {
    super(because(cause), { cause });
  }
}

function notJoined(error: Error): Finding {
  return failed('Nobody can join the room of a test meeting.', {
    why: error.message,
    todo: 'See the check of LiveKit; the gateway’s log has the rest.',
  });
}
