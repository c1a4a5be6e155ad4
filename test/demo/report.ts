/** What the demo found out: `report.json`, and what the page shows. */
import type { LadderMessage } from './sip-trace.ts';

export interface DemoReport {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly parts: {
    readonly gateway: string;
    readonly livekit: string;
    readonly phone: string;
    readonly browser: string;
  };
  readonly call: {
    readonly from: string;
    readonly to: string;
    readonly room: string;
    readonly participant: string;
    readonly codec: string;
    readonly publishedCodec: string;
  };
  /** Times count from the INVITE. */
  readonly ladder: readonly LadderMessage[];
  /** What happened beside the signalling, on the same clock. */
  readonly events: readonly { readonly atMs: number; readonly text: string }[];
  readonly times: readonly Time[];
  readonly phoneHeard: Recording;
  readonly browserHeard: Recording;
  /** Files of what the room system saw, and of what Ada saw of it; null: none dialled in, for what was missing. */
  readonly roomSystem: Readonly<Record<'pinScreen' | 'room' | 'seen', string>> | null;
  readonly roomSystemMissing: string | null;
  readonly checks: readonly Check[];
}

export interface Time {
  readonly from: string;
  readonly to: string;
  readonly ms: number;
}

export interface Recording {
  readonly file: string;
  readonly seconds: number;
  /** Speech that should be in it, then speech that must not. */
  readonly speeches: readonly [Speech, Speech];
}

export interface Speech {
  readonly whose: 'Ada' | 'the phone';
  readonly wanted: boolean;
  readonly correlation: number;
  readonly inPlace: number;
  /** Where in the recording, and how loud there; null when it was not recognised. */
  readonly found: { readonly atSeconds: number; readonly seconds: number; readonly activeDb: number } | null;
}

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured, in words. */
  readonly measured: string;
}

export function passed(report: DemoReport): boolean {
  return report.checks.every((check) => check.passed);
}
