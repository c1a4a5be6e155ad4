import { type ReactNode, type SubmitEvent, useEffect, useState } from 'react';
import { fetchReadiness, fetchWelcome, type Part, type Readiness, type Welcome } from './api.ts';
import { CopyButton } from './copy-button.tsx';
import { Mark, PhoneIcon } from './icons.tsx';
import { type Polled, usePolled } from './use-polled.ts';

const statusEveryMs = 5_000;

/** What is here: numbers to dial, rooms to open, and whether all parts work. */
export function StartPage() {
  const welcome = usePolled(fetchWelcome, null);
  const readiness = usePolled(fetchReadiness, statusEveryMs);
  useEffect(() => {
    document.title = 'Interop gateway';
  }, []);
  return (
    <div className="start">
      <header className="masthead">
        <Mark />
        <span>Interop gateway</span>
        <Summary readiness={readiness} />
      </header>
      <main>
        <h1>
          Phones and browsers,
          <br />
          in one room.
        </h1>
        <p className="lead">Call in from any phone, or open a room here. Everybody hears everybody.</p>
        <div className="cards">
          <DialCard welcome={welcome} />
          <RoomCard welcome={welcome} />
        </div>
        <StatusCard readiness={readiness} />
      </main>
      <footer>
        <a href="/admin/dial-plans">Administration</a>
        <a href="/openapi.json">API description</a>
        <a href="/metrics">Metrics</a>
        <a href="/readyz">Readiness</a>
      </footer>
    </div>
  );
}

function DialCard({ welcome }: { welcome: Polled<Welcome> }) {
  return (
    <section className="card" aria-labelledby="dial">
      <h2 id="dial">By phone</h2>
      {welcome.state === 'loading' && <p className="muted">One moment …</p>}
      {welcome.state === 'failed' && <p role="alert">{welcome.error.message}</p>}
      {welcome.state === 'ok' && (
        <>
          <p className="number">
            <PhoneIcon size={26} />
            {welcome.value.number}
          </p>
          <p className="muted">Then your PIN and the # key.</p>
          <dl className="addresses">
            <Address label="As SIP address" value={welcome.value.uri} />
            {welcome.value.demo && <Address label="Demo room" value={welcome.value.demo.uri} />}
            <Address label="Echo test" value={welcome.value.echoNumber} />
          </dl>
          <CopyButton text={welcome.value.uri} label="Copy SIP address" />
        </>
      )}
    </section>
  );
}

const Address = ({ label, value }: { label: string; value: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </div>
);

function RoomCard({ welcome }: { welcome: Polled<Welcome> }) {
  const [room, setRoom] = useState('');
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    if (room.trim() !== '') window.location.assign(`/join/${encodeURIComponent(room.trim())}`);
  };
  return (
    <section className="card" aria-labelledby="browser">
      <h2 id="browser">In this browser</h2>
      <form className="join" onSubmit={open}>
        <label htmlFor="room">Room</label>
        <div className="row">
          <input
            id="room"
            required
            autoComplete="off"
            spellCheck={false}
            placeholder="weekly"
            maxLength={128}
            value={room}
            onChange={(event) => setRoom(event.target.value)}
          />
          <button type="submit" className="primary">
            Join
          </button>
        </div>
      </form>
      {welcome.state === 'ok' && welcome.value.demo && <DemoRoom demo={welcome.value.demo} />}
    </section>
  );
}

function DemoRoom({ demo }: { demo: NonNullable<Welcome['demo']> }) {
  return (
    <div className="demo">
      <p>Nothing planned? Try the demo room.</p>
      <a className="button" href={`/join/${encodeURIComponent(demo.room)}`}>
        Open the demo room
      </a>
      <p className="muted small">
        Then call <code>{demo.uri}</code> and see yourself arrive.
      </p>
    </div>
  );
}

function Summary({ readiness }: { readiness: Polled<Readiness> }) {
  const [state, words] =
    readiness.state === 'ok'
      ? readiness.value.status === 'ready'
        ? (['up', 'Ready for calls'] as const)
        : (['starting', 'Not ready for calls'] as const)
      : readiness.state === 'failed'
        ? (['down', 'No answer'] as const)
        : (['starting', 'Looking …'] as const);
  return (
    <span className="summary" role="status">
      <span className={`dot ${state}`} />
      {words}
    </span>
  );
}

function StatusCard({ readiness }: { readiness: Polled<Readiness> }) {
  let content: ReactNode = <p className="muted">One moment …</p>;
  if (readiness.state === 'failed') content = <p role="alert">{readiness.error.message}</p>;
  if (readiness.state === 'ok') {
    const { sip, media, rooms, records } = readiness.value.parts;
    content = (
      <ul className="parts">
        <PartRow name="SIP" role="takes calls" part={sip} />
        {media.map((node) => (
          <PartRow key={node.id} name="Media" role={`${node.id}, ${callsOn(node.legs)}`} part={node} />
        ))}
        {media.length === 0 && <li className="muted">No media node yet</li>}
        <PartRow name="LiveKit" role="rooms" part={rooms} />
        <PartRow name="Records" role="meetings, past calls" part={records} />
      </ul>
    );
  }
  return (
    <section className="card status" aria-labelledby="status">
      <h2 id="status">Parts</h2>
      {content}
    </section>
  );
}

const callsOn = (legs: number): string => (legs === 1 ? '1 call' : `${legs} calls`);

const partWords = { up: 'up', starting: 'starting', down: 'down' } as const;

function PartRow({ name, role, part }: { name: string; role: string; part: Part }) {
  return (
    <li>
      <span className={`dot ${part.state}`} />
      <span className="part-name">
        {name} <span className="muted">{role}</span>
      </span>
      <span className="muted part-kind">
        {part.embedded ? 'embedded' : 'external'}
        {part.version === null ? '' : ` · ${part.version}`}
      </span>
      <span className="part-state">{partWords[part.state]}</span>
      {part.detail !== undefined && <span className="part-detail">{part.detail}</span>}
    </li>
  );
}
