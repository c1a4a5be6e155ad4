import type {
  CallOut,
  CallRecord,
  LiveCall,
  Clock,
  Events,
  GuessGuard,
  Log,
  MediaNode,
  MeetingStore,
  OutgoingLeg,
  OwnPicture,
  PolicyClient,
  RoomService,
  Trunk,
} from '../ports.ts';
import type { Language, PromptFolder } from '../prompts/prompts.ts';
import type { Margins } from '../rooms/schedule.ts';
import type { KnownRooms } from './known-rooms.ts';
import type { RoomTones } from './tones.ts';
import type { CallRules } from './types.ts';

/** What a call lives by and with; the same for all calls, but for the node. */
export interface CallDeps {
  readonly node: MediaNode;
  readonly rooms: RoomService;
  readonly meetings: MeetingStore;
  readonly knownRooms: KnownRooms;
  readonly guard: GuessGuard;
  readonly policies: PolicyClient;
  /** A leg that calls out. Throws `LegError` when none can. */
  readonly callOut: (call: CallOut) => OutgoingLeg;
  /** By its name, in the plan as it is now; null: there is none. */
  readonly trunk: (name: string) => Trunk | null;
  readonly rules: CallRules;
  readonly language: Language;
  readonly prompts: PromptFolder;
  /** When meetings with a time are open. */
  readonly margins: Margins;
  /** Whether callers with video see themselves, where the dial plan doesn't say. */
  readonly ownPicture: OwnPicture;
  readonly publish: 'auto' | 'opus';
  readonly tones: RoomTones;
  readonly hideNumbers: boolean;
  readonly identitySecret: string;
  readonly silenceSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onPinTried: (outcome: 'right' | 'wrong' | 'slowed' | 'blocked') => void;
  readonly events: Events;
  /** What would have to be ended, should this gateway die. */
  readonly onChanged: (call: LiveCall) => void;
  readonly onEnded: (record: CallRecord) => void;
  /** The same of its other side, which has a record of its own. */
  readonly onBridgeChanged: (call: LiveCall) => void;
  readonly onBridgeEnded: (record: CallRecord) => void;
}
