import { useCallback, useState } from 'react';
import { ListEnd } from '../admin/list-end.tsx';
import { go, Link } from '../admin/navigation.tsx';
import { saveFile } from '../admin/save-file.ts';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { usePages } from '../admin/use-pages.ts';
import { useTask } from '../admin/use-task.ts';
import { useTitle } from '../admin/use-title.ts';
import '../styles/meetings.css';
import { exportMeetings, fetchMeetings, type Meeting } from './api.ts';
import { CsvDialog } from './csv-dialog.tsx';
import { Guesses } from './guesses.tsx';
import { NewMeeting } from './meeting-dialogs.tsx';

export const meetingPath = (id: string): string => `/admin/meetings/${encodeURIComponent(id)}`;

const restMs = 250;

/** All meetings, to be searched, and whoever guesses PINs. */
export function MeetingsPage() {
  const [search, setSearch] = useState('');
  const asked = search.trim();
  const fetchPage = useCallback(
    (after: string | null, signal: AbortSignal) => fetchMeetings(asked, after, signal),
    [asked],
  );
  const meetings = usePages(fetchPage, restMs);
  const [making, setMaking] = useState(false);
  const [importing, setImporting] = useState(false);
  const saving = useTask();
  useTitle('Meetings · Interop gateway');
  const save = async (): Promise<void> => saveFile('meetings.csv', await exportMeetings());
  return (
    <>
      <div className="headline">
        <h1>Meetings</h1>
        <div className="buttons">
          <button type="button" className="quiet" onClick={() => setImporting(true)}>
            From CSV …
          </button>
          <button
            type="button"
            className="quiet"
            disabled={saving.busy}
            onClick={() => void saving.run(save)}
          >
            Save as CSV
          </button>
          <button type="button" className="primary" onClick={() => setMaking(true)}>
            New meeting
          </button>
        </div>
      </div>
      <div className="search">
        <label htmlFor="meeting-search">Search in titles, rooms and numbers</label>
        <input
          id="meeting-search"
          type="search"
          autoComplete="off"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {saving.trouble !== null && <Trouble of={saving.trouble} />}
      <Guesses>
        {meetings.rows !== null && (
          <ul className="rows">
            {meetings.rows.map((meeting) => (
              <MeetingRow key={meeting.id} meeting={meeting} />
            ))}
          </ul>
        )}
        <ListEnd
          pages={meetings}
          what={['meeting', 'meetings']}
          nothing={asked === '' ? 'There is no meeting yet.' : 'No meeting has that in it.'}
        />
      </Guesses>
      {importing && <CsvDialog onClose={() => setImporting(false)} onImported={meetings.again} />}
      {making && (
        <NewMeeting onClose={() => setMaking(false)} onMade={(meeting) => go(meetingPath(meeting.id))} />
      )}
    </>
  );
}

function MeetingRow({ meeting }: { meeting: Meeting }) {
  const { id, title, room, number, schedule } = meeting;
  return (
    <li className="card row-card">
      <div className="row-head">
        <Link to={meetingPath(id)} className="row-title">
          {title === '' ? room : title}
        </Link>
        <MeetingBadges meeting={meeting} />
      </div>
      <p className="muted">
        Room {room} · number {number}
        {schedule !== null && ` · ${whenNext(meeting)}`}
      </p>
    </li>
  );
}

export function whenNext({ next }: Meeting): string {
  const first = next.at(0);
  return first === undefined ? 'its time is over' : `next on ${showTime(first.startsAt)}`;
}

export function MeetingBadges({ meeting: { locked, waitForHost, schedule, tenant } }: { meeting: Meeting }) {
  return (
    <span className="badges">
      {locked && <span className="badge warn">locked</span>}
      {waitForHost && <span className="badge">waits for the host</span>}
      {(schedule?.recurrence ?? null) !== null && <span className="badge">recurring</span>}
      {tenant !== 'default' && <span className="badge">{tenant}</span>}
    </span>
  );
}
