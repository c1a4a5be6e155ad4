import { type SubmitEvent, useState } from 'react';
import { toInstant } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { tryCall, type Tried, type TriedCall } from './api.ts';
import { Explanation, outcomeOf } from './explanation.tsx';

interface Props {
  readonly name: string;
  readonly text: string;
  /** The text is not what is in force. */
  readonly changed: boolean;
}

interface Outcome {
  readonly draft: Tried | null;
  readonly inForce: Tried;
}

const empty = { called: '', calling: '', trunk: '', transport: 'udp', at: '', language: '', headers: '' };

/** Where a call would go, and why: by the plans in force, and as if the text were published. */
export function TryPanel({ name, text, changed }: Props) {
  const [call, setCall] = useState(empty);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const task = useTask();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void task.run(async () => {
      setOutcome(null);
      const wanted = toCall(call);
      const [inForce, draft] = await Promise.all([
        tryCall(wanted),
        changed ? tryCall(wanted, { name, text }) : null,
      ]);
      setOutcome({ inForce, draft });
    });
  };
  return (
    <>
      <form onSubmit={submit} className="fields grid">
        <CallFields call={call} onChange={(part) => setCall({ ...call, ...part })} />
        <div className="buttons whole">
          <button type="submit" className="primary" disabled={task.busy}>
            Try it
          </button>
        </div>
      </form>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {outcome !== null && <Outcomes {...outcome} />}
    </>
  );
}

function Outcomes({ draft, inForce }: Outcome) {
  if (draft === null) return <Explanation title="By the plans in force" tried={inForce} />;
  const same = outcomeOf(draft) === outcomeOf(inForce);
  return (
    <>
      <p className={same ? 'note' : 'note warn'} role="status">
        {same ? 'Your text changes nothing for this call.' : 'Your text changes where this call goes.'}
      </p>
      <Explanation title="With your text" tried={draft} />
      <Explanation title="By the plans in force" tried={inForce} />
    </>
  );
}

interface FieldsProps {
  readonly call: typeof empty;
  readonly onChange: (part: Partial<typeof empty>) => void;
}

function CallFields({ call, onChange }: FieldsProps) {
  const field = (
    key: keyof typeof empty,
    label: string,
    more: { required?: boolean; placeholder?: string; type?: string } = {},
  ) => (
    <div>
      <label htmlFor={`try-${key}`}>{label}</label>
      <input
        id={`try-${key}`}
        autoComplete="off"
        spellCheck={false}
        value={call[key]}
        onChange={(event) => onChange({ [key]: event.target.value })}
        {...more}
      />
    </div>
  );
  return (
    <>
      {field('called', 'Called', { required: true, placeholder: '1000' })}
      {field('calling', 'Calling', { placeholder: 'anonymous' })}
      {field('trunk', 'Trunk', { placeholder: 'none' })}
      <div>
        <label htmlFor="try-transport">Transport</label>
        <select
          id="try-transport"
          value={call.transport}
          onChange={(event) => onChange({ transport: event.target.value })}
        >
          {['udp', 'tcp', 'tls', 'ws', 'wss'].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </div>
      {field('at', 'When (empty: now)', { type: 'datetime-local' })}
      {field('language', 'Language of the device', { placeholder: 'de-AT' })}
      <div className="whole">
        <label htmlFor="try-headers">Headers, one a line</label>
        <textarea
          id="try-headers"
          rows={2}
          spellCheck={false}
          placeholder="X-Customer: gold-1"
          value={call.headers}
          onChange={(event) => onChange({ headers: event.target.value })}
        />
      </div>
    </>
  );
}

function toCall({ called, calling, trunk, transport, at, language, headers }: typeof empty): TriedCall {
  const lines = headers.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
  return {
    called: called.trim(),
    transport,
    ...(calling.trim() === '' ? {} : { calling: calling.trim() }),
    ...(trunk.trim() === '' ? {} : { trunk: trunk.trim() }),
    ...(at === '' ? {} : { at: toInstant(at) }),
    ...(language.trim() === '' ? {} : { language: language.trim() }),
    ...(lines.length === 0 ? {} : { headers: Object.fromEntries(lines) }),
  };
}
