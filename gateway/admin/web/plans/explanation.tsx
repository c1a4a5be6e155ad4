import { useId } from 'react';
import { TraceSteps } from './trace-steps.tsx';
import type { Tried } from './trials.ts';

/** What came of a call, to compare two. */
export const outcomeOf = ({ route }: Tried): string => JSON.stringify(route);

/** A decision in words, and the rules that were looked at. */
export function Explanation({ title, tried: { trace, words } }: { title: string; tried: Tried }) {
  const heading = useId();
  return (
    <section className="explanation" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <p className="decision">{words.at(-1)}</p>
      <TraceSteps {...trace} />
    </section>
  );
}
