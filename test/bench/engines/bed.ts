import type { TestFreeSwitch } from '../../support/freeswitch.ts';
import type { Callers } from '../callers.ts';
import type { GatewayProcess } from '../gateway-process.ts';
import type { VideoBed } from '../video/video-bed.ts';

export type EngineName = 'embedded' | 'freeswitch';

interface Parts {
  readonly gateway: GatewayProcess;
  readonly callers: Callers;
  readonly video: VideoBed;
  /** Null: the embedded engine mixes. */
  readonly mixer: TestFreeSwitch | null;
}

/** Who mixes, by processes: what else runs is the same with both. */
const mixes = [
  'FreeSWITCH',
  'drawing process',
  'engine',
  'engine stand-by',
  'idle engine',
  'picture process',
  'picture process stand-by',
];

/** One gateway with one engine, and those who call it. */
export class EngineBed {
  readonly callers: Callers;
  readonly video: VideoBed;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.callers = parts.callers;
    this.video = parts.video;
  }

  /** All that the product needs: FreeSWITCH too. */
  pids(): Map<string, number> {
    const { gateway, mixer } = this.#parts;
    return new Map([...gateway.pids(), ...(mixer ? [['FreeSWITCH', mixer.pid] as const] : [])]);
  }

  mixing(): readonly string[] {
    return mixes;
  }

  async untilNoCalls(): Promise<void> {
    await this.#parts.gateway.untilNoCalls(20_000);
  }
}
