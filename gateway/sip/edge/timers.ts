/** Stops a timer; harmless when it has fired or was stopped. */
export type Cancel = () => void;

/** Time as the edge sees it, so that tests can make it run. */
export interface Timers {
  /** Wall time, ms since the epoch. */
  nowMs(): number;
  after(ms: number, run: () => void): Cancel;
}

export const systemTimers: Timers = {
  nowMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** RFC 3261 §17.1.1.1 and §17.1.2.2: round-trip estimate, longest interval, longest life of a message. */
export const T1 = 500;
export const T2 = 4_000;
export const T4 = 5_000;
/** What a sender waits in all: timers B, F, H, J, L and M. */
export const GIVE_UP = 64 * T1;
/** RFC 3261 §17.1.1.2: timer D is at least 32 s over unreliable transports. */
export const TIMER_D = 32_000;

export const noTimer: Cancel = () => undefined;
