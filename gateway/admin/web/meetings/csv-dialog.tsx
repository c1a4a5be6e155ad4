import { type ChangeEvent, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { Problem } from '../ask.ts';
import { importMeetings, type Imported } from './api.ts';

interface Props {
  readonly onClose: () => void;
  readonly onImported: () => void;
}

/** A file is tried first: what would come of it, or what is wrong in which line. Nothing is taken in halves. */
export function CsvDialog({ onClose, onImported }: Props) {
  const [text, setText] = useState<string | null>(null);
  const [outlook, setOutlook] = useState<Imported | null>(null);
  const [done, setDone] = useState<Imported | null>(null);
  const task = useTask();
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.target.files?.item(0);
    if (!file) return;
    setOutlook(null);
    setDone(null);
    void task.run(async () => {
      const read = await file.text();
      setText(read);
      setOutlook(await importMeetings(read, true));
    });
  };
  const take = async (): Promise<void> => {
    if (text === null) return;
    setDone(await importMeetings(text, false));
    setOutlook(null);
    onImported();
  };
  return (
    <Dialog title="Meetings from a file" onClose={onClose}>
      <div className="fields">
        <label htmlFor="csv-file">CSV file</label>
        <input
          id="csv-file"
          type="file"
          accept=".csv,text/csv"
          aria-describedby="csv-help"
          onChange={choose}
        />
        <p className="muted small" id="csv-help">
          With the columns of what “Save as CSV” gives. Lines with an id change that meeting, the others make
          new ones.
        </p>
        {task.trouble !== null && <Faults of={task.trouble} />}
        <div role="status">
          {outlook !== null && (
            <p className="note">The file is right: {inWords(outlook)} once you take it.</p>
          )}
          {done !== null && <p className="note good">Done: {inWords(done)}.</p>}
        </div>
        <div className="buttons">
          <button type="button" onClick={onClose}>
            {done === null ? 'Cancel' : 'Close'}
          </button>
          <button
            type="button"
            className="primary"
            disabled={outlook === null || task.busy}
            onClick={() => void task.run(take)}
          >
            Take it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

const inWords = ({ created, changed }: Imported): string =>
  `${created} ${created === 1 ? 'meeting is' : 'meetings are'} made, ${changed} changed`;

/** By line and column of the file. */
function Faults({ of: error }: { of: unknown }) {
  if (!(error instanceof Problem) || error.code !== 'CSV_INVALID') return <Trouble of={error} />;
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>Nothing was taken.</strong> Mend these lines, then choose the file again.
      </p>
      <ul className="plain">
        {error.errors.map(({ path, message }) => {
          const [, line = '', column = ''] = path.split('/');
          return (
            <li key={`${path} ${message}`}>
              <strong>Line {line}</strong> {column !== '' && <code>{column}</code>} {message}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
