import type { CanaryWish } from './api.ts';

/** As typed. */
export interface CanaryText {
  readonly numbers: string;
  readonly share: string;
  readonly failureRate: string;
  readonly calls: string;
}

export const firstWish: CanaryText = { numbers: '', share: '10', failureRate: '5', calls: '20' };

export function toWish({ numbers, share, failureRate, calls }: CanaryText): Omit<CanaryWish, 'text'> {
  return {
    numbers: numbers.split(/[\s,]+/).filter((one) => one !== ''),
    share: Number(share),
    failureRate: Number(failureRate),
    calls: Number(calls),
  };
}

interface Props {
  readonly wish: CanaryText;
  readonly onChange: (wish: CanaryText) => void;
}

/** Which calls try it, and when it is taken back. */
export function CanaryFields({ wish, onChange }: Props) {
  const change = (part: Partial<CanaryText>): void => onChange({ ...wish, ...part });
  return (
    <div className="fields grid">
      <div className="whole">
        <label htmlFor="canary-numbers">Called numbers (none: all)</label>
        <input
          id="canary-numbers"
          autoComplete="off"
          value={wish.numbers}
          onChange={(event) => change({ numbers: event.target.value })}
        />
      </div>
      <div>
        <label htmlFor="canary-share">Percent of these calls</label>
        <input
          id="canary-share"
          type="number"
          min="0.1"
          max="100"
          step="0.1"
          required
          value={wish.share}
          onChange={(event) => change({ share: event.target.value })}
        />
      </div>
      <div>
        <label htmlFor="canary-rate">Taken back when more than this percent fail</label>
        <input
          id="canary-rate"
          type="number"
          min="0"
          max="100"
          step="0.1"
          required
          value={wish.failureRate}
          onChange={(event) => change({ failureRate: event.target.value })}
        />
      </div>
      <div>
        <label htmlFor="canary-calls">Judged after so many calls</label>
        <input
          id="canary-calls"
          type="number"
          min="1"
          required
          value={wish.calls}
          onChange={(event) => change({ calls: event.target.value })}
        />
      </div>
    </div>
  );
}
