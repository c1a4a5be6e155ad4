import { useEffect, useSyncExternalStore } from 'react';
import type { Door } from '../api.ts';
import { CopyButton } from '../copy-button.tsx';
import { SpeakerIcon } from '../icons.tsx';
import { Controls } from './controls.tsx';
import type { RoomSession, SessionView } from './session.ts';
import { Tile } from './tile.tsx';

interface Props {
  readonly room: string;
  readonly session: RoomSession;
  readonly dialIn: Door['dialIn'] | null;
  readonly onOver: (ending: string) => void;
}

/** The room from inside: who is here, who speaks, and the few things to press. */
export function Stage({ room, session, dialIn, onOver }: Props) {
  const view = useSyncExternalStore(session.subscribe, session.view);
  const { ending } = view;
  useEffect(() => {
    if (ending !== null) onOver(ending);
  }, [ending, onOver]);
  useMuteKey(session, view.microphone);

  return (
    <div className="stage">
      <header className="stage-head">
        <h1>{room}</h1>
        <ConnectionBadge view={view} />
        <CopyButton text={window.location.href} label="Copy link" />
      </header>
      <Notices session={session} view={view} />
      <main>
        {view.connection === 'connecting' ? (
          <p className="empty muted">Joining the room …</p>
        ) : (
          <ul className={`tiles count-${Math.min(view.people.length, 5)}`} aria-label="People in this room">
            {view.people.map((person) => (
              <Tile key={person.identity} person={person} />
            ))}
          </ul>
        )}
        {view.connection === 'connected' && view.people.length === 1 && <Alone dialIn={dialIn} />}
      </main>
      <Controls session={session} view={view} />
      <p className="unseen" aria-live="polite">
        {view.news}
      </p>
    </div>
  );
}

const Alone = ({ dialIn }: { dialIn: Props['dialIn'] }) => (
  <p className="empty muted">
    Nobody else is here yet. Send the link
    {dialIn !== null && (
      <>
        , or have somebody call <strong>{dialIn.number}</strong>
      </>
    )}
    .
  </p>
);

function ConnectionBadge({ view }: { view: SessionView }) {
  const count = view.people.length;
  const [dot, words] =
    view.connection === 'connected'
      ? (['up', count === 1 ? '1 person' : `${count} people`] as const)
      : view.connection === 'lost'
        ? (['starting', 'Reconnecting …'] as const)
        : (['starting', 'Connecting …'] as const);
  return (
    <span className="summary" role="status">
      <span className={`dot ${dot}`} />
      {words}
    </span>
  );
}

function Notices({ session, view }: { session: RoomSession; view: SessionView }) {
  return (
    <div className="notices">
      {view.connection === 'lost' && (
        <p className="note warn" role="alert">
          The connection was lost. Trying to get back; you don’t need to do anything.
        </p>
      )}
      {view.microphoneTrouble !== null && (
        <p className="note warn" role="alert">
          <strong>Listening only.</strong> {view.microphoneTrouble}
        </p>
      )}
      {view.soundBlocked && (
        <p className="note warn" role="alert">
          Your browser holds the sound back.
          <button type="button" className="quiet" onClick={() => void session.playSound()}>
            <SpeakerIcon />
            Turn on sound
          </button>
        </p>
      )}
    </div>
  );
}

/** M mutes and unmutes, except while something is typed or chosen. */
function useMuteKey(session: RoomSession, microphone: SessionView['microphone']): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const busy = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (busy || event.key.toLowerCase() !== 'm' || event.repeat) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (microphone === 'on' || microphone === 'muted') void session.setMuted(microphone === 'on');
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [session, microphone]);
}
