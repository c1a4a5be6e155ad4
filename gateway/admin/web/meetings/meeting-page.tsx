import { useEffect, useState } from 'react';
import { type Fact, Facts } from '../admin/facts.tsx';
import { go, Link } from '../admin/navigation.tsx';
import { Opening } from '../admin/opening.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { useTitle } from '../admin/use-title.ts';
import '../styles/meetings.css';
import { changeMeeting, fetchMeeting, type Meeting, type Schedule } from './api.ts';
import { Invitation } from './invitation.tsx';
import { ChangeMeeting, RemoveMeeting } from './meeting-dialogs.tsx';
import { MeetingBadges } from './meetings-page.tsx';
import { Pins } from './pins.tsx';
import { recurrenceInWords } from './schedule-fields.tsx';

/** One meeting: what to send to people, its PINs, and what can be done with it. */
export function MeetingPage({ id }: { id: string }) {
  const [meeting, setMeeting] = useState<Meeting | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  useEffect(() => {
    fetchMeeting(id).then(setMeeting, setTrouble);
  }, [id]);
  return (
    <>
      <nav aria-label="Where this is" className="small">
        <Link to="/admin/meetings">Meetings</Link>
      </nav>
      {meeting === null && <Opening what="meeting" trouble={trouble} />}
      {meeting !== null && <Shown meeting={meeting} onChanged={setMeeting} />}
    </>
  );
}

interface Props {
  readonly meeting: Meeting;
  readonly onChanged: (meeting: Meeting) => void;
}

function Shown({ meeting, onChanged }: Props) {
  const [asked, setAsked] = useState<'change' | 'remove' | null>(null);
  const task = useTask();
  const title = meeting.title === '' ? meeting.room : meeting.title;
  useTitle(`${title} · Meetings`);
  const lock = async (): Promise<void> =>
    onChanged(await changeMeeting(meeting, { locked: !meeting.locked }));
  return (
    <>
      <div className="headline">
        <h1>{title}</h1>
        <MeetingBadges meeting={meeting} />
        <div className="buttons">
          <button type="button" className="quiet" disabled={task.busy} onClick={() => void task.run(lock)}>
            {meeting.locked ? 'Unlock' : 'Lock'}
          </button>
          <button type="button" className="quiet" onClick={() => setAsked('change')}>
            Change …
          </button>
          <button type="button" className="quiet" onClick={() => setAsked('remove')}>
            Remove …
          </button>
        </div>
      </div>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="cards">
        <Invitation meeting={meeting} />
        <div className="stack">
          <Pins meeting={meeting} onChanged={onChanged} />
          <About meeting={meeting} />
        </div>
      </div>
      {asked === 'change' && (
        <ChangeMeeting
          meeting={meeting}
          onClose={() => setAsked(null)}
          onChanged={(next) => {
            setAsked(null);
            onChanged(next);
          }}
        />
      )}
      {asked === 'remove' && (
        <RemoveMeeting
          meeting={meeting}
          onClose={() => setAsked(null)}
          onRemoved={() => go('/admin/meetings')}
        />
      )}
    </>
  );
}

function About({ meeting }: { meeting: Meeting }) {
  const { room, number, tenant, schedule, maxParticipants, maxMinutes, next } = meeting;
  return (
    <section className="card" aria-labelledby="facts">
      <h2 id="facts">About it</h2>
      <Facts
        of={[
          ['Room', room],
          ['Number', number],
          ['Tenant', tenant],
          schedule && ['Times', timesOf(schedule)],
          ...next.map(({ startsAt }, index): Fact => [
            index === 0 ? 'Next (your time)' : 'Then',
            showTime(startsAt),
          ]),
          schedule !== null && next.length === 0 ? ['Next', 'its time is over'] : null,
          maxParticipants === null ? null : ['People', `at most ${maxParticipants}`],
          maxMinutes === null ? null : ['Each caller', `${maxMinutes} minutes`],
        ]}
      />
    </section>
  );
}

function timesOf({ startsAt, endsAt, zone, recurrence }: Schedule): string {
  return `${recurrenceInWords(recurrence)}, ${startsAt.slice(11, 16)}–${endsAt.slice(11, 16)} (${zone})`;
}
