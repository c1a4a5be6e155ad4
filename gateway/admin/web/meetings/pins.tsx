import { useState } from 'react';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { changeMeeting, type Meeting } from './api.ts';

interface Props {
  readonly meeting: Meeting;
  readonly onChanged: (meeting: Meeting) => void;
}

/** PINs are shown when somebody asks: a screen may be shared. */
export function Pins({ meeting, onChanged }: Props) {
  const [shown, setShown] = useState(false);
  const task = useTask();
  const renew = (role: 'host' | 'guest'): void => {
    void task.run(async () => onChanged(await changeMeeting(meeting, { renew: [role] })));
  };
  const { host, guest } = meeting.pins;
  return (
    <section className="card" aria-labelledby="pins">
      <div className="row-head">
        <h2 id="pins">PINs</h2>
        <button type="button" className="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
          Show
        </button>
      </div>
      <dl className="addresses">
        <div>
          <dt>Host</dt>
          <dd>{shown ? host : '••••••'}</dd>
        </div>
        <div>
          <dt>Guests</dt>
          <dd>{guest === null ? 'none needed' : shown ? guest : '••••••'}</dd>
        </div>
      </dl>
      <p className="muted small">A new PIN counts at once; the old one stops working.</p>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="buttons">
        <button type="button" className="quiet" disabled={task.busy} onClick={() => renew('host')}>
          New host PIN
        </button>
        <button type="button" className="quiet" disabled={task.busy} onClick={() => renew('guest')}>
          New guest PIN
        </button>
      </div>
    </section>
  );
}
