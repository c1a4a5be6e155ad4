import { useState } from 'react';
import { type CallText, emptyCall, transports } from './call-query.ts';

interface Props {
  readonly call: CallText;
  readonly onChange: (part: Partial<CallText>) => void;
}

type TextKey = Exclude<keyof CallText, 'registered'>;

interface FieldProps extends Props {
  readonly name: TextKey;
  readonly label: string;
  readonly more?: { required?: boolean; placeholder?: string; type?: string };
}

function Field({ name, label, call, onChange, more = {} }: FieldProps) {
  return (
    <div>
      <label htmlFor={`try-${name}`}>{label}</label>
      <input
        id={`try-${name}`}
        autoComplete="off"
        spellCheck={false}
        value={call[name]}
        onChange={(event) => onChange({ [name]: event.target.value })}
        {...more}
      />
    </div>
  );
}

/** A call to be tried: who calls whom, and, folded away, all else that a rule can look at. */
export function CallFields(props: Props) {
  const { call, onChange } = props;
  const [unfolded] = useState(() => hasMore(call));
  return (
    <>
      <Field {...props} name="called" label="Called" more={{ required: true, placeholder: '1000' }} />
      <Field {...props} name="calling" label="Calling" more={{ placeholder: 'anonymous' }} />
      <Field {...props} name="trunk" label="Trunk" more={{ placeholder: 'by its address' }} />
      <Field {...props} name="at" label="When (empty: now)" more={{ type: 'datetime-local' }} />
      <details className="whole" open={unfolded}>
        <summary>More that rules can look at</summary>
        <div className="fields grid">
          <div>
            <label htmlFor="try-transport">Transport</label>
            <select
              id="try-transport"
              value={call.transport}
              onChange={(event) => onChange({ transport: event.target.value })}
            >
              {transports.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </div>
          <Field {...props} name="source" label="From address (IP)" more={{ placeholder: '192.0.2.10' }} />
          <div>
            <label htmlFor="try-verstat">Caller’s number is</label>
            <select
              id="try-verstat"
              value={call.verstat}
              onChange={(event) => onChange({ verstat: event.target.value })}
            >
              <option value="none">not verified</option>
              <option value="passed">verified (passed)</option>
              <option value="failed">doubtful (failed)</option>
            </select>
          </div>
          <Field {...props} name="language" label="Device’s language" more={{ placeholder: 'de-AT' }} />
          <label className="choice whole">
            <input
              type="checkbox"
              checked={call.registered}
              onChange={(event) => onChange({ registered: event.target.checked })}
            />
            The caller’s device is registered
          </label>
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
        </div>
      </details>
    </>
  );
}

/** Something of it is filled in. */
function hasMore({ transport, source, verstat, language, registered, headers }: CallText): boolean {
  const plain = transport === emptyCall.transport && verstat === emptyCall.verstat && !registered;
  return !plain || [source, language, headers].some((text) => text !== '');
}
