import { type SubmitEvent, useState } from 'react';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { eventTypes, type EventType } from '../../../event-types.ts';
import type { Webhook, WebhookDetails } from './shapes.ts';

interface Props {
  /** null: a new one. */
  readonly webhook: Webhook | null;
  readonly action: string;
  readonly onSave: (details: WebhookDetails) => Promise<void>;
  readonly onClose: () => void;
}

const first: WebhookDetails = { url: '', title: '', tenant: null, events: [] };

/** It is sent by a button, and nobody subscribes to it. */
const choices = eventTypes.filter((type) => type !== 'webhook.test');

/** Where to, and what of. */
export function WebhookForm({ webhook, action, onSave, onClose }: Props) {
  const [details, setDetails] = useState<WebhookDetails>(webhook ?? first);
  const task = useTask();
  const change = (part: Partial<WebhookDetails>): void => setDetails({ ...details, ...part });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { url, title, tenant, events } = details;
    const whose = tenant?.trim() ?? '';
    void task.run(() =>
      onSave({ url: url.trim(), title: title.trim(), tenant: whose === '' ? null : whose, events }),
    );
  };
  return (
    <form onSubmit={submit} className="fields">
      <label htmlFor="webhook-url">Address</label>
      <input
        id="webhook-url"
        type="url"
        required
        autoFocus
        maxLength={2048}
        placeholder="https://example.com/gateway-events"
        value={details.url}
        aria-describedby="webhook-url-help"
        onChange={(event) => change({ url: event.target.value })}
      />
      <p className="muted small" id="webhook-url-help">
        Where events are posted to. It has to begin with https://, or with http://localhost.
      </p>
      <label htmlFor="webhook-title">Name</label>
      <input
        id="webhook-title"
        maxLength={200}
        autoComplete="off"
        value={details.title}
        onChange={(event) => change({ title: event.target.value })}
      />
      <label htmlFor="webhook-tenant">Tenant (none: events of all)</label>
      <input
        id="webhook-tenant"
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        value={details.tenant ?? ''}
        onChange={(event) => change({ tenant: event.target.value })}
      />
      <Events chosen={details.events} onChange={(events) => change({ events })} />
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="primary" disabled={task.busy}>
          {action}
        </button>
      </div>
    </form>
  );
}

interface EventsProps {
  readonly chosen: readonly EventType[];
  readonly onChange: (events: readonly EventType[]) => void;
}

/** None chosen are all, those of later versions too. */
function Events({ chosen, onChange }: EventsProps) {
  const [some, setSome] = useState(chosen.length > 0);
  const toggle = (type: EventType, on: boolean): void =>
    onChange(choices.filter((one) => (one === type ? on : chosen.includes(one))));
  const chooseAll = (): void => {
    setSome(false);
    onChange([]);
  };
  return (
    <fieldset>
      <legend>Which events?</legend>
      <label className="choice">
        <input type="radio" name="which-events" checked={!some} onChange={chooseAll} />
        All of them, and what later versions add
      </label>
      <label className="choice">
        <input type="radio" name="which-events" checked={some} onChange={() => setSome(true)} />
        Only these:
      </label>
      {some && (
        <div className="event-choices">
          {choices.map((type, index) => (
            <label key={type} className="choice">
              <input
                type="checkbox"
                // The form says itself that one has to be chosen.
                required={chosen.length === 0 && index === 0}
                checked={chosen.includes(type)}
                onChange={(event) => toggle(type, event.target.checked)}
              />
              {type}
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
