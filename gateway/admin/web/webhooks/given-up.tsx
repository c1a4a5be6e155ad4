import { type SubmitEvent, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { toInstant, toLocal } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { sendGivenUpAgain } from './api.ts';

interface Props {
  readonly id: string;
  readonly onQueued: (words: string) => void;
}

const dayMs = 24 * 60 * 60 * 1000;

/** After a receiver was gone for long: all that it missed, in one go. */
export function GivenUp({ id, onQueued }: Props) {
  const [asking, setAsking] = useState(false);
  const [since, setSince] = useState('');
  const task = useTask();
  const ask = (): void => {
    setSince(toLocal(new Date(Date.now() - dayMs).toISOString()));
    setAsking(true);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void task.run(async () => {
      const queued = await sendGivenUpAgain(id, toInstant(since));
      setAsking(false);
      onQueued(queued === 0 ? 'None was given up since then.' : `${queued} are sent again.`);
    });
  };
  return (
    <>
      <button type="button" className="quiet" onClick={ask}>
        Send what was given up …
      </button>
      {asking && (
        <Dialog title="Send again what was given up" onClose={() => setAsking(false)}>
          <form className="fields" onSubmit={submit}>
            <label htmlFor="given-up-since">Of events since</label>
            <input
              id="given-up-since"
              type="datetime-local"
              required
              value={since}
              onChange={(event) => setSince(event.target.value)}
            />
            {task.trouble !== null && <Trouble of={task.trouble} />}
            <div className="buttons">
              <button type="button" onClick={() => setAsking(false)}>
                Cancel
              </button>
              <button type="submit" className="primary" disabled={task.busy}>
                Send them again
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
