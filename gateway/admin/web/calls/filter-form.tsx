import { useState } from 'react';
import { toInstant, toLocal } from '../admin/times.ts';
import { everyCall, type Filter, howMany } from './filter.ts';
import { reasonChoices } from './reason-names.ts';

interface Props {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

/** Where it takes no place that the list needs. */
const isRoomy = (): boolean => window.matchMedia('(min-width: 60rem)').matches;

/** Which calls are shown: by what they were, at once as one types. */
export function FilterForm({ filter, onChange }: Props) {
  const [unfolded] = useState(() => isRoomy() || howMany(filter) > 0);
  const set = howMany(filter);
  const change = (part: Partial<Filter>): void => onChange({ ...filter, ...part });
  return (
    <details className="card filter" open={unfolded}>
      <summary>Filter{set > 0 && <span className="badge">{set} set</span>}</summary>
      <form
        className="fields grid"
        role="search"
        aria-label="Past calls"
        onSubmit={(event) => event.preventDefault()}
      >
        <Time name="from" label="Ended from" {...{ filter, change }} />
        <Time name="to" label="Ended before" {...{ filter, change }} />
        <Text name="number" label="Number, as it came" {...{ filter, change }} />
        <Text name="room" label="Room" {...{ filter, change }} />
        <Text name="rule" label="Rule that decided" {...{ filter, change }} />
        <Text name="tenant" label="Tenant" {...{ filter, change }} />
        <div>
          <label htmlFor="calls-reason">How it ended</label>
          <select
            id="calls-reason"
            value={filter.reason}
            onChange={(event) => change({ reason: event.target.value })}
          >
            <option value="">in any way</option>
            {reasonChoices.map(([reason, name]) => (
              <option key={reason} value={reason}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="buttons">
          <button type="button" disabled={set === 0} onClick={() => onChange(everyCall)}>
            Show all
          </button>
        </div>
      </form>
    </details>
  );
}

interface FieldProps {
  readonly label: string;
  readonly filter: Filter;
  readonly change: (part: Partial<Filter>) => void;
}

function Text({ name, label, filter, change }: FieldProps & { name: 'number' | 'room' | 'rule' | 'tenant' }) {
  return (
    <div>
      <label htmlFor={`calls-${name}`}>{label}</label>
      <input
        id={`calls-${name}`}
        autoComplete="off"
        spellCheck={false}
        maxLength={256}
        value={filter[name]}
        onChange={(event) => change({ [name]: event.target.value })}
      />
    </div>
  );
}

function Time({ name, label, filter, change }: FieldProps & { name: 'from' | 'to' }) {
  return (
    <div>
      <label htmlFor={`calls-${name}`}>{label}</label>
      <input
        id={`calls-${name}`}
        type="datetime-local"
        value={toLocal(filter[name])}
        onChange={({ target: { value } }) => change({ [name]: value === '' ? '' : toInstant(value) })}
      />
    </div>
  );
}
