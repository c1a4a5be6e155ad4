import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { Trouble } from './trouble.tsx';
import { useTask } from './use-task.ts';

interface Props {
  readonly title: string;
  /** What comes of it. */
  readonly children: ReactNode;
  readonly action: string;
  /** The way back, which Enter takes. */
  readonly back?: string;
  readonly onClose: () => void;
  /** When it fails the dialog says why, and stays. */
  readonly onConfirm: () => Promise<void>;
}

/** Asks before something is done that can't be undone. */
export function ConfirmDialog({ title, children, action, back = 'Keep it', onClose, onConfirm }: Props) {
  const task = useTask();
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="fields">
        {children}
        {task.trouble !== null && <Trouble of={task.trouble} />}
        <div className="buttons">
          <button type="button" autoFocus onClick={onClose}>
            {back}
          </button>
          <button
            type="button"
            className="danger"
            disabled={task.busy}
            onClick={() => void task.run(onConfirm)}
          >
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
