import { type SubmitEvent, useState } from 'react';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import type { Meeting, MeetingDetails } from './api.ts';
import { emptySchedule, ScheduleFields } from './schedule-fields.tsx';

interface Props {
  /** null: a new one. */
  readonly meeting: Meeting | null;
  readonly action: string;
  readonly onSave: (details: MeetingDetails) => Promise<void>;
  readonly onClose: () => void;
}

const first: MeetingDetails = {
  title: '',
  room: '',
  waitForHost: false,
  schedule: null,
  maxParticipants: null,
  maxMinutes: null,
  language: null,
};

/** What a meeting is: for a new one and for changes. */
export function MeetingForm({ meeting, action, onSave, onClose }: Props) {
  const [details, setDetails] = useState<MeetingDetails>(meeting ?? first);
  const task = useTask();
  const change = (part: Partial<MeetingDetails>): void => setDetails({ ...details, ...part });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void task.run(() => onSave(toSave(details)));
  };
  return (
    <form onSubmit={submit} className="fields">
      <label htmlFor="meeting-title">Title</label>
      <input
        id="meeting-title"
        maxLength={200}
        autoFocus
        autoComplete="off"
        value={details.title}
        onChange={(event) => change({ title: event.target.value })}
      />
      <label htmlFor="meeting-room">Room</label>
      <input
        id="meeting-room"
        required
        maxLength={128}
        autoComplete="off"
        spellCheck={false}
        value={details.room}
        aria-describedby="meeting-room-help"
        onChange={(event) => change({ room: event.target.value })}
      />
      <p className="muted small" id="meeting-room-help">
        The LiveKit room that callers come into.
      </p>
      <label className="choice">
        <input
          type="checkbox"
          checked={details.waitForHost}
          onChange={(event) => change({ waitForHost: event.target.checked })}
        />
        Guests hear music until a host is there
      </label>
      <label className="choice">
        <input
          type="checkbox"
          checked={details.schedule !== null}
          onChange={(event) => change({ schedule: event.target.checked ? emptySchedule() : null })}
        />
        It can be joined at its times only
      </label>
      {details.schedule !== null && (
        <ScheduleFields schedule={details.schedule} onChange={(schedule) => change({ schedule })} />
      )}
      <Limits details={details} onChange={change} />
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

interface LimitsProps {
  readonly details: MeetingDetails;
  readonly onChange: (part: Partial<MeetingDetails>) => void;
}

function Limits({ details, onChange }: LimitsProps) {
  const number = (text: string): number | null => (text === '' ? null : Number(text));
  return (
    <div className="fields grid">
      <div>
        <label htmlFor="meeting-language">Language</label>
        <select
          id="meeting-language"
          value={details.language ?? ''}
          onChange={(event) => onChange({ language: languageOf(event.target.value) })}
        >
          <option value="">as configured</option>
          <option value="en">English</option>
          <option value="de">Deutsch</option>
        </select>
      </div>
      <div>
        <label htmlFor="meeting-people">At most so many people</label>
        <input
          id="meeting-people"
          type="number"
          min="1"
          placeholder="no limit"
          value={details.maxParticipants ?? ''}
          onChange={(event) => onChange({ maxParticipants: number(event.target.value) })}
        />
      </div>
      <div>
        <label htmlFor="meeting-minutes">Minutes for each caller</label>
        <input
          id="meeting-minutes"
          type="number"
          min="1"
          placeholder="as configured"
          value={details.maxMinutes ?? ''}
          onChange={(event) => onChange({ maxMinutes: number(event.target.value) })}
        />
      </div>
    </div>
  );
}

const languageOf = (value: string): 'en' | 'de' | null => (value === 'en' || value === 'de' ? value : null);

/** Only what can be changed, and trimmed. */
function toSave({
  title,
  room,
  waitForHost,
  schedule,
  maxParticipants,
  maxMinutes,
  language,
}: MeetingDetails): MeetingDetails {
  return {
    title: title.trim(),
    room: room.trim(),
    waitForHost,
    schedule,
    maxParticipants,
    maxMinutes,
    language,
  };
}
