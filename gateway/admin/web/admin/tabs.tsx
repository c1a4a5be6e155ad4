import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

export interface Tab {
  readonly id: string;
  readonly title: ReactNode;
  /** Drawn from when it is first chosen. */
  readonly content: ReactNode;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Chosen at the beginning; left out: the first. */
  readonly first?: string | undefined;
}

/** Tabs as WAI-ARIA's authoring practices have them: arrows move between them, Tab goes into the panel. */
export function Tabs({ label, tabs, first }: Props) {
  const [chosen, setChosen] = useState(first ?? tabs.at(0)?.id);
  const [drawn, setDrawn] = useState<ReadonlySet<string | undefined>>(new Set([chosen]));
  const prefix = useId();
  const choose = (id: string): void => {
    setChosen(id);
    setDrawn((before) => new Set([...before, id]));
  };
  const move = (event: KeyboardEvent): void => {
    const here = tabs.findIndex(({ id }) => id === chosen);
    const to = placeFor(event.key, here, tabs.length);
    const next = to === null ? undefined : tabs.at(to % tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    choose(next.id);
    document.getElementById(`${prefix}-${next.id}`)?.focus();
  };
  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${prefix}-${id}`}
            aria-selected={id === chosen}
            aria-controls={`${prefix}-${id}-panel`}
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => choose(id)}
          >
            {title}
          </button>
        ))}
      </div>
      {tabs.map(({ id, content }) => (
        <div
          key={id}
          role="tabpanel"
          id={`${prefix}-${id}-panel`}
          aria-labelledby={`${prefix}-${id}`}
          hidden={id !== chosen}
        >
          {drawn.has(id) && content}
        </div>
      ))}
    </div>
  );
}

/** -1 is the last one. */
function placeFor(key: string, here: number, length: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return here + 1;
    case 'ArrowLeft':
      return here - 1;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}
