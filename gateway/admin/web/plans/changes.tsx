import type { PlanChange } from './api.ts';

/** Nobody reads more. */
const shown = 100;

/** What differs, by the names of things. */
export function Changes({ changes }: { changes: readonly PlanChange[] }) {
  if (changes.length === 0) return <p className="muted">Nothing but layout or comments differs.</p>;
  return (
    <ul className="changes" aria-label="What changes">
      {changes.slice(0, shown).map(({ kind, part, name, keys }) => (
        <li key={`${kind} ${part} ${name ?? ''}`} className={kind}>
          <span className="badge">{kind}</span> {singular(part, name)}
          {keys.length > 0 && <span className="muted"> ({keys.join(', ')})</span>}
        </li>
      ))}
      {changes.length > shown && <li className="muted">and {changes.length - shown} more</li>}
    </ul>
  );
}

function singular(part: string, name: string | null): string {
  return name === null ? part : `${part.replace(/s$/, '')} “${name}”`;
}
