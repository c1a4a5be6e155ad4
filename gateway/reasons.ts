/**
 * Why a call ended: the gateway's own words. Each edge maps them to its wire codes in one table
 * (`gateway/sip/reasons.ts`), so nothing inside the house ever reads a SIP status.
 */
export const endReasons = [
  'caller-hung-up',
  'caller-left',
  'caller-cancelled',
  'room-ended',
  'removed-by-host',
  'ended-by-admin',
  'time-limit',
  'empty-room-limit',
  'no-host-came',
  'meeting-locked',
  'meeting-full',
  'meeting-not-yet',
  'meeting-over',
  'wrong-pin',
  'no-pin-entered',
  'pin-guessing-blocked',
  'no-route',
  'rejected-by-plan',
  'unknown-meeting',
  'no-choice-made',
  'transferred',
  'transfer-failed',
  'other-side-hung-up',
  'busy',
  'no-answer',
  'declined',
  'unknown-number',
  'not-compatible',
  'trunk-refused',
  'trunk-redirected',
  'trunk-unavailable',
  'call-loops',
  'no-common-codec',
  'encryption-required',
  'encryption-unusable',
  'bad-offer',
  'bad-request',
  'too-many-calls',
  'source-limit',
  'room-unavailable',
  'media-unavailable',
  'media-lost',
  'gateway-lost',
  'database-unavailable',
  'no-media-path',
  'encryption-failed',
  'peer-unreachable',
  'shutting-down',
  'internal-error',
] as const;

export type EndReason = (typeof endReasons)[number];

/** Why a call has its voice only though video was asked for. */
export const noVideoReasons = [
  'off',
  'no-ports',
  'no-common-codec',
  'bundled',
  'encryption-required',
  'encryption-unusable',
  'bad-offer',
  'no-media-path',
  'encryption-failed',
] as const;

export type NoVideoReason = (typeof noVideoReasons)[number];

/** One sentence for a person: what happened and what to do. Shown in logs, the API and the page. */
export const reasonText = {
  'caller-hung-up': 'The caller hung up.',
  'caller-left': 'The caller pressed ## to leave.',
  'caller-cancelled': 'The caller gave up before the call was answered.',
  'room-ended': 'The room was closed.',
  'removed-by-host': 'A host removed the caller from the room.',
  'ended-by-admin': 'An administrator ended the call.',
  'time-limit':
    'The call reached its longest allowed time (calls.maxDurationMinutes, or its meeting’s maxMinutes).',
  'empty-room-limit': 'Nobody else came into the room (calls.emptyRoomMinutes).',
  'no-host-came': 'The meeting waits for a host and none came in time (calls.emptyRoomMinutes).',
  'meeting-locked': 'The meeting is locked; ask its host to unlock it, and call again.',
  'meeting-full':
    'The meeting has as many participants as it may have (its maxParticipants); try again later.',
  'meeting-not-yet': 'The meeting has not begun yet; call again at its time.',
  'meeting-over': 'The time of the meeting is over; ask the person who invited you for another one.',
  'wrong-pin': 'The PIN was wrong too often; check it with the person who invited you and call again.',
  'no-pin-entered': 'No PIN was entered; call again and type it, then press #.',
  'pin-guessing-blocked': 'Too many wrong PINs came from this number; wait and call again.',
  'no-route': 'No dial plan rule matches this address; check the number, or add a rule.',
  'rejected-by-plan': 'A dial plan rule rejects this call.',
  'unknown-meeting':
    'No meeting has the number that was typed; check it with the person who invited you and call again.',
  'no-choice-made': 'No key of the menu was pressed; call again and press one of those that are named.',
  transferred: 'The call was transferred to another address.',
  'transfer-failed':
    'The caller’s device did not take the transfer, or reached nobody there; check the address that the dial plan names.',
  'other-side-hung-up': 'The other side of the connected call hung up.',
  busy: 'The called number is busy.',
  'no-answer': 'Nobody answered the call that went out.',
  declined: 'The called side declined the call that went out.',
  'unknown-number': 'The trunk knows no such number; check what the dial plan’s bridge calls.',
  'not-compatible':
    'The called side and the gateway have no audio codec or encryption in common; check the trunk’s codecs and srtp.',
  'trunk-refused':
    'The trunk did not take the call; check its address, its user and password, and the calling number it allows.',
  'trunk-redirected':
    'The trunk sent the call on to where it may not go: another number, or off the trunk; check the trunk’s to and sources, and the log.',
  'trunk-unavailable':
    'The trunk could not be reached, or can not carry the call now; check where its calls go, and /readyz.',
  'call-loops': 'The call goes round in circles; check where trunks and the dial plan’s bridges lead.',
  'no-common-codec': 'The offer has no audio codec that the gateway takes; offer PCMU or PCMA.',
  'encryption-required': 'Only encrypted media is taken from there (SRTP); offer RTP/SAVP with a=crypto.',
  'encryption-unusable':
    'Encrypted media is offered in a way that is not taken; the Warning of the refusal says which is.',
  'bad-offer': 'The media description (SDP) could not be read; send a valid offer.',
  'bad-request': 'The caller’s device sent a call that breaks the rules of SIP; its record says what.',
  'too-many-calls': 'The gateway carries its highest number of calls (calls.maxCalls); try again later.',
  'source-limit':
    'This address has its highest number of calls (calls.maxCallsPerSource); try again later, or make it a trunk.',
  'room-unavailable':
    'The LiveKit server did not take the caller into the room; check LIVEKIT_URL and its keys.',
  'media-unavailable': 'No media node could take the call; check /readyz.',
  'media-lost': 'The media node that carried the call is gone.',
  'gateway-lost': 'The gateway that carried the call died; call again.',
  'database-unavailable': 'The database did not answer; check DATABASE_URL and /readyz.',
  'no-media-path':
    'No way for media was found between the caller’s device and the gateway (ICE); check firewalls and publicIp.',
  'encryption-failed':
    'The caller’s device and the gateway could not agree on keys (DTLS-SRTP); the log says what went wrong.',
  'peer-unreachable': 'The caller’s device no longer answers.',
  'shutting-down': 'The gateway is being stopped; call again in a moment.',
  'internal-error': 'The gateway failed; the log has the details.',
} as const satisfies Record<EndReason, string>;
