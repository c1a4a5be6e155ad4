import { useCallback, useEffect, useState } from 'react';
import { go, Link } from '../admin/navigation.tsx';
import { saveFile } from '../admin/save-file.ts';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { exportMeetings, fetchMeetings, type Meeting } from './api.ts';
import { CsvDialog } from './csv-dialog.tsx';
import { Guesses } from './guesses.tsx';
import { NewMeeting } from './meeting-dialogs.tsx';

export const meetingPath = (id: string): string => `/admin/meetings/${encodeURIComponent(id)}`;

const restMs = 250;

/** All meetings, to be searched, and whoever guesses PINs. */
export function MeetingsPage() {
  const [search, setSearch] = useState('');
  const [edition, setEdition] = useState(0);
  const { meetings, next, trouble, more } = useMeetings(search, edition);
  const [making, setMaking] = useState(false);
  const [importing, setImporting] = useState(false);
  const saving = useTask();
  useEffect(() => {
    document.title = 'Meetings · Interop gateway';
  }, []);
  const save = async (): Promise<void> => saveFile('meetings.csv', 'text/csv', await exportMeetings());
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
      {trouble !== null && <Trouble of={trouble} />}
      {meetings === null && trouble === null && <p className="muted">One moment …</p>}
      {meetings !== null && (
        <>
          <p className="unseen" role="status">
            {meetings.length === 0 ? 'None found' : `${meetings.length} shown`}
          </p>
          {meetings.length === 0 && (
            <p className="muted">{search === '' ? 'There is none yet.' : 'None has that in it.'}</p>
          )}
          <ul className="rows">
            {meetings.map((meeting) => (
              <MeetingRow key={meeting.id} meeting={meeting} />
            ))}
          </ul>
          {next !== null && (
            <button type="button" onClick={more}>
              More
            </button>
          )}
        </>
      )}
      <Guesses />
      {importing && (
        <CsvDialog
          onClose={() => setImporting(false)}
          onImported={() => setEdition((before) => before + 1)}
        />
      )}
      {making && (
        <NewMeeting onClose={() => setMaking(false)} onMade={(meeting) => go(meetingPath(meeting.id))} />
      )}
    </>
  );
}

interface Found {
  readonly meetings: readonly Meeting[] | null;
  readonly next: string | null;
  readonly trouble: unknown;
  readonly more: () => void;
}

/** @param edition another one looks again */
function useMeetings(search: string, edition: number): Found {
  const [found, setFound] = useState<Omit<Found, 'more'>>({ meetings: null, next: null, trouble: null });
  useEffect(() => {
    const stop = new AbortController();
    const look = (): void => {
      fetchMeetings(search.trim(), null, stop.signal).then(
        (page) => setFound({ ...page, trouble: null }),
        (trouble: unknown) => {
          if (!stop.signal.aborted) setFound((before) => ({ ...before, trouble }));
        },
      );
    };
    const timer = setTimeout(look, search === '' ? 0 : restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [search, edition]);
  const more = useCallback(() => {
    fetchMeetings(search.trim(), found.next, new AbortController().signal).then(
      (page) =>
        setFound(({ meetings }) => ({
          meetings: [...(meetings ?? []), ...page.meetings],
          next: page.next,
          trouble: null,
        })),
      (trouble: unknown) => setFound((before) => ({ ...before, trouble })),
    );
  }, [search, found.next]);
  return { ...found, more };
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
