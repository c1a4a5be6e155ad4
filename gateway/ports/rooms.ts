/** LiveKit rooms. */
import type { RoomAccess } from '../../mcu/ports.ts';
import type { Role } from './meetings.ts';
import type { PartStatus } from './parts.ts';

/** Makes a caller's LiveKit identity known to the token issuer before its link asks for access. */
export interface CallerIdentity {
  readonly room: string;
  readonly identity: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** LiveKit's room service and tokens. */
export interface RoomService {
  /** A token of kind SIP for a registered caller, or of the node's hidden subscriber. Minutes long. */
  access(room: string, who: { identity: string } | 'watcher', nodeId: string): Promise<RoomAccess>;
  register(caller: CallerIdentity): void;
  /** Whether a caller of this gateway has the identity in the room. */
  isTaken(room: string, identity: string): boolean;
  /** Identities of this gateway's callers who are in the room, or on their way into it. */
  registered(room: string): readonly string[];
  /** Removes what is left of a registered caller; a participant of its identity that is somebody else stays. */
  forget(room: string, identity: string): Promise<void>;
  /** A token for a person in a browser. */
  personAccess(room: string, identity: string, name: string, role: Role): Promise<RoomAccess>;
  status(): PartStatus;
}
