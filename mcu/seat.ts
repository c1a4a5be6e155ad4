import type { RemoteTrack } from './ports.ts';

/** Whose a participant's track is (`MemberSpec.seat`): a shared screen, with its sound, is a member of its own. */
export function seatOf({ participantSid, source }: RemoteTrack): string {
  return source === 'screen' ? `${participantSid}-screen` : participantSid;
}
