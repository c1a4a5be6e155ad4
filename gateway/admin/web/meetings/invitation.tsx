import { useEffect, useState } from 'react';
import { saveFile } from '../admin/save-file.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { fetchInvitation, type Meeting } from './api.ts';
import { copyRich } from './copy-rich.ts';

const refused = 'The browser does not let this page copy; select the text and copy it yourself.';

/** What to send to people, to be copied or saved. */
export function Invitation({ meeting }: { meeting: Meeting }) {
  const [role, setRole] = useState<'guest' | 'host'>('guest');
  const [text, setText] = useState('');
  const [copied, setCopied] = useState('');
  const task = useTask();
  const { run } = task;
  useEffect(() => {
    let gone = false;
    setCopied('');
    void run(async () => {
      const written = await fetchInvitation(meeting, 'text', role);
      if (!gone) setText(written);
    });
    return () => void (gone = true);
  }, [meeting, role, run]);

  const copyText = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied('The text is copied.');
  };
  const copyWithLinks = async (): Promise<void> => {
    const html = await fetchInvitation(meeting, 'html', role);
    setCopied(copyRich(html, text) ? 'It is copied, with links, for a mail or a calendar.' : refused);
  };
  const saveCalendar = async (): Promise<void> => {
    const entry = await fetchInvitation(meeting, 'ics', role);
    saveFile('meeting.ics', new Blob([entry], { type: 'text/calendar' }));
    setCopied('The calendar entry is saved.');
  };
  const act = (work: () => Promise<void>) => (): void => void task.run(work);
  return (
    <section className="card" aria-labelledby="invitation">
      <div className="row-head">
        <h2 id="invitation">Invitation</h2>
        <label className="choice">
          <input
            type="checkbox"
            checked={role === 'host'}
            onChange={(event) => setRole(event.target.checked ? 'host' : 'guest')}
          />
          for hosts
        </label>
      </div>
      <textarea readOnly rows={12} aria-label="Text of the invitation" className="invitation" value={text} />
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="buttons">
        {/* Without HTTPS there is no clipboard; the text can still be selected. */}
        {window.isSecureContext && (
          <>
            <button type="button" className="primary" disabled={task.busy} onClick={act(copyText)}>
              Copy text
            </button>
            <button type="button" className="quiet" disabled={task.busy} onClick={act(copyWithLinks)}>
              Copy with links
            </button>
          </>
        )}
        {meeting.schedule !== null && (
          <button type="button" className="quiet" disabled={task.busy} onClick={act(saveCalendar)}>
            Save calendar entry
          </button>
        )}
      </div>
      <p className="muted small" role="status">
        {copied}
      </p>
    </section>
  );
}
