import { newTag } from '../ids.ts';
import { responseTo } from '../message/build.ts';
import { serialize } from '../message/serialize.ts';
import type { SipResponse } from '../message/types.ts';
import type { Inbound } from '../transactions/layer.ts';
import type { ServerUser } from '../transactions/types.ts';

/** For a request that the edge answers by itself: nothing more is to be done. */
export const nobody: ServerUser = {
  onAcknowledged: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
  onTerminated: () => undefined,
};

/** The edge answers a request by itself. */
export function refuse(inbound: Inbound, status: number, edit?: (response: SipResponse) => void): ServerUser {
  const response = responseTo(inbound.request, status, undefined, newTag());
  edit?.(response);
  inbound.transaction.respond(status, serialize(response));
  return nobody;
}
