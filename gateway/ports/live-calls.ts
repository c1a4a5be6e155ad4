/** Live calls, as the admin API shows them. */
import type { LegStats } from '../../mcu/ports.ts';
import type { EndReason } from '../reasons.ts';
import type { NoVideo } from './legs.ts';
import type { Role } from './meetings.ts';

export interface CallView {
  readonly id: string;
  readonly state: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly trunk: string | null;
  readonly room: string | null;
  readonly participant: string | null;
  readonly role: Role | null;
  readonly muted: boolean;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  /** Why it has its voice only; null: it has video, or none was asked for. */
  readonly noVideo: NoVideo | null;
  readonly media: LegStats | null;
  readonly endReason?: EndReason;
  readonly endText?: string;
}

export interface CallRegistry {
  list(): Promise<readonly CallView[]>;
  get(id: string): Promise<CallView | null>;
  /** False: no such live call. */
  hangUp(id: string, reason: EndReason): Promise<boolean>;
  setMuted(id: string, muted: boolean): Promise<boolean>;
}
