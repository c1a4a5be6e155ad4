import { isChanged, type OpenPlan } from './use-plan.ts';

interface Props {
  readonly open: OpenPlan;
  readonly view: 'text' | 'changes';
  readonly setView: (view: 'text' | 'changes') => void;
  readonly onPublish: () => void;
  readonly onDiscard: () => void;
  readonly onRemove: () => void;
}

/** What can be done with a plan of the database. */
export function PlanActions({ open, view, setView, onPublish, onDiscard, onRemove }: Props) {
  return (
    <div className="buttons">
      {isChanged(open) && (
        <>
          <button
            type="button"
            className="quiet"
            aria-pressed={view === 'changes'}
            onClick={() => setView(view === 'text' ? 'changes' : 'text')}
          >
            Show changes
          </button>
          <button type="button" className="quiet" onClick={onDiscard}>
            Discard them
          </button>
        </>
      )}
      <button type="button" className="quiet" onClick={onRemove}>
        Remove …
      </button>
      <button type="button" className="primary" onClick={onPublish}>
        Publish …
      </button>
    </div>
  );
}
