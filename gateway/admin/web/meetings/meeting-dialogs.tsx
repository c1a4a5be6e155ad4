import { Dialog } from '../admin/dialog.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { changeMeeting, makeMeeting, removeMeeting, type Meeting } from './api.ts';
import { MeetingForm } from './meeting-form.tsx';

export function NewMeeting({ onClose, onMade }: { onClose: () => void; onMade: (made: Meeting) => void }) {
  return (
    <Dialog title="New meeting" onClose={onClose}>
      <MeetingForm
        meeting={null}
        action="Make it"
        onClose={onClose}
        onSave={async (details) => onMade(await makeMeeting(details))}
      />
    </Dialog>
  );
}

interface ChangeProps {
  readonly meeting: Meeting;
  readonly onClose: () => void;
  readonly onChanged: (meeting: Meeting) => void;
}

export function ChangeMeeting({ meeting, onClose, onChanged }: ChangeProps) {
  return (
    <Dialog title="Change the meeting" onClose={onClose}>
      <MeetingForm
        meeting={meeting}
        action="Save"
        onClose={onClose}
        onSave={async (details) => onChanged(await changeMeeting(meeting, details))}
      />
    </Dialog>
  );
}

interface RemoveProps {
  readonly meeting: Meeting;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

export function RemoveMeeting({ meeting, onClose, onRemoved }: RemoveProps) {
  const task = useTask();
  const remove = async (): Promise<void> => {
    await removeMeeting(meeting);
    onRemoved();
  };
  return (
    <Dialog title={`Remove “${meeting.title === '' ? meeting.room : meeting.title}”?`} onClose={onClose}>
      <p>Its PINs stop working, in invitations that are out as well. Calls that are up go on.</p>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="buttons">
        <button type="button" autoFocus onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="danger" disabled={task.busy} onClick={() => void task.run(remove)}>
          Remove
        </button>
      </div>
    </Dialog>
  );
}
