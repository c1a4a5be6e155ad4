import type {
  CallRecord,
  LiveCall,
  Clock,
  Events,
  GuessGuard,
  Log,
  MediaNode,
  MeetingStore,
  OwnPicture,
  PolicyClient,
  RoomService,
} from '../ports.ts';
import type { Language, PromptFolder } from '../prompts/prompts.ts';
import type { Margins } from '../rooms/schedule.ts';
import type { RoomTones } from './tones.ts';
import type { CallRules } from './types.ts';

/** What a call lives by and with; the same for all calls, but for the node. */
export interface CallDeps {
  readonly node: MediaNode;
  readonly rooms: RoomService;
  readonly meetings: MeetingStore;
  readonly guard: GuessGuard;
  readonly policies: PolicyClient;
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
}
