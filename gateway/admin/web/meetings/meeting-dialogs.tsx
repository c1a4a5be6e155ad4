import { ConfirmDialog } from '../admin/confirm-dialog.tsx';
import { Dialog } from '../admin/dialog.tsx';
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
  const remove = async (): Promise<void> => {
    await removeMeeting(meeting);
    onRemoved();
  };
  return (
    <ConfirmDialog
      title={`Remove “${meeting.title === '' ? meeting.room : meeting.title}”?`}
      action="Remove"
      onClose={onClose}
      onConfirm={remove}
    >
      <p>Its PINs stop working, in invitations that are out as well. Calls that are up go on.</p>
    </ConfirmDialog>
  );
}
