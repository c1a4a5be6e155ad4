import '../styles/room.css';
import { useCallback, useEffect, useRef, useState } from 'react';
import { fetchDoor, requestAdmission, type Admission } from '../api.ts';
import { Mark } from '../icons.tsx';
import { usePolled } from '../use-polled.ts';
import { DoorForm } from './door-form.tsx';
import { RoomSession } from './session.ts';
import { Stage } from './stage.tsx';

/** At the door; then in the room; and back at the door with a word why. */
export function RoomPage({ room }: { room: string }) {
  const ask = useCallback((signal: AbortSignal) => fetchDoor(room, signal), [room]);
  const door = usePolled(ask, null);
  const [session, setSession] = useState<RoomSession | null>(null);
  const [farewell, setFarewell] = useState<string | null>(null);
  const live = useRef<RoomSession | null>(null);

  useEffect(() => {
    document.title = `${room} · Interop gateway`;
    // Nobody should stay in a room whose page is gone.
    return () => void live.current?.leave();
  }, [room]);

  const enter = async (person: { name: string; pin: string }): Promise<void> => {
    const admission: Admission = await requestAdmission(room, person, new AbortController().signal);
    const next = new RoomSession();
    live.current = next;
    setFarewell(null);
    setSession(next);
    await next.start(admission);
  };
  const leave = useCallback((ending: string): void => {
    live.current = null;
    setSession(null);
    setFarewell(ending);
  }, []);

  if (session !== null) {
    const dialIn = door.state === 'ok' ? door.value.dialIn : null;
    return <Stage room={room} session={session} dialIn={dialIn} onOver={leave} />;
  }
  return (
    <div className="door">
      <a className="masthead" href="/">
        <Mark />
        <span>Interop gateway</span>
      </a>
      <main className="card">
        <p className="eyebrow">Room</p>
        <h1>{room}</h1>
        {farewell !== null && (
          <p className="note" role="status">
            {farewell}
          </p>
        )}
        {door.state === 'loading' && <p className="muted">One moment …</p>}
        {door.state === 'failed' && (
          <p className="note bad" role="alert">
            {door.error.message}
          </p>
        )}
        {door.state === 'ok' && (
          <>
            <DoorForm pinRequired={door.value.pinRequired} again={farewell !== null} onEnter={enter} />
            <p className="or">
              Or call <strong>{door.value.dialIn.number}</strong> from a phone.
            </p>
          </>
        )}
      </main>
    </div>
  );
}
