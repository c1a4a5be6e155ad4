import { toLocal } from '../admin/times.ts';
import type { Schedule } from './api.ts';

const hourMs = 3_600_000;

/** The next full hour, here. */
export function emptySchedule(): Schedule {
  const start = Math.ceil(Date.now() / hourMs) * hourMs;
  return {
    startsAt: toLocal(new Date(start).toISOString()),
    endsAt: toLocal(new Date(start + hourMs).toISOString()),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    recurrence: null,
  };
}

const usual = [
  { rule: '', words: 'once' },
  { rule: 'FREQ=DAILY', words: 'every day' },
  { rule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', words: 'Monday to Friday' },
  { rule: 'FREQ=WEEKLY', words: 'every week' },
  { rule: 'FREQ=WEEKLY;INTERVAL=2', words: 'every other week' },
  { rule: 'FREQ=MONTHLY', words: 'every month' },
] as const;

/** In words where it is a usual one. */
export function recurrenceInWords(rule: string | null): string {
  return usual.find((one) => one.rule === (rule ?? ''))?.words ?? rule ?? '';
}

interface Props {
  readonly schedule: Schedule;
  readonly onChange: (schedule: Schedule) => void;
}

/** From, to, where, and how often. */
export function ScheduleFields({ schedule, onChange }: Props) {
  const { startsAt, endsAt, zone, recurrence } = schedule;
  const change = (part: Partial<Schedule>): void => onChange({ ...schedule, ...part });
  const isUsual = usual.some(({ rule }) => rule === (recurrence ?? ''));
  return (
    <fieldset>
      <legend>Its times</legend>
      <div className="fields grid">
        <div>
          <label htmlFor="meeting-starts">From</label>
          <input
            id="meeting-starts"
            type="datetime-local"
            required
            value={startsAt.slice(0, 16)}
            onChange={(event) => change({ startsAt: event.target.value })}
          />
        </div>
        <div>
          <label htmlFor="meeting-ends">To</label>
          <input
            id="meeting-ends"
            type="datetime-local"
            required
            value={endsAt.slice(0, 16)}
            onChange={(event) => change({ endsAt: event.target.value })}
          />
        </div>
        <div>
          <label htmlFor="meeting-zone">Time zone</label>
          <input
            id="meeting-zone"
            required
            list="meeting-zones"
            autoComplete="off"
            value={zone}
            onChange={(event) => change({ zone: event.target.value })}
          />
          <datalist id="meeting-zones">
            {Intl.supportedValuesOf('timeZone').map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </div>
        <div>
          <label htmlFor="meeting-recurs">How often</label>
          <select
            id="meeting-recurs"
            value={isUsual ? (recurrence ?? '') : 'other'}
            onChange={(event) => change({ recurrence: chosen(event.target.value) })}
          >
            {usual.map(({ rule, words }) => (
              <option key={rule} value={rule}>
                {words}
              </option>
            ))}
            <option value="other">by a rule …</option>
          </select>
        </div>
        {!isUsual && (
          <div className="whole">
            <label htmlFor="meeting-rule">Rule of RFC 5545</label>
            <input
              id="meeting-rule"
              required
              autoComplete="off"
              spellCheck={false}
              value={recurrence ?? ''}
              onChange={(event) => change({ recurrence: event.target.value })}
            />
          </div>
        )}
      </div>
    </fieldset>
  );
}

function chosen(value: string): string | null {
  if (value === '') return null;
  return value === 'other' ? 'FREQ=WEEKLY;BYDAY=TU,TH' : value;
}
