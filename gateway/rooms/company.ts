import type { RoomParticipant } from '../ports.ts';

/**
 * Whether a participant can open a meeting that waits for its host: a caller with the host PIN, or somebody in a
 * browser or app. Apps that tell hosts from guests say so with the attribute `gateway.role`.
 */
export function isHost(participant: RoomParticipant): boolean {
  const { attributes, kind } = participant;
  return 'gateway.role' in attributes ? attributes['gateway.role'] === 'host' : kind === 'standard';
}

/** Who is there besides the participant named `self` (null: it is not in the room). */
export function companyOf(
  participants: readonly RoomParticipant[],
  self: string | null,
): { others: number; hostPresent: boolean } {
  const others = participants.filter((participant) => participant.identity !== self);
  return { others: others.length, hostPresent: others.some(isHost) };
}
