import type { ReactNode } from 'react';

/** A name and what it is; null: it is left out. */
export type Fact = readonly [name: string, value: ReactNode] | null;

/** Facts about one thing, each in a line. */
export function Facts({ of: facts }: { of: readonly Fact[] }) {
  return (
    <dl className="addresses">
      {facts
        .filter((fact) => fact !== null)
        .map(([name, value], index) => (
          <div key={`${index} ${name}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
