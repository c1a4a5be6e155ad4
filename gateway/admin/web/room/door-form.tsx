import { type SubmitEvent, useState } from 'react';
import { Problem } from '../ask.ts';

const nameKey = 'gateway.name';

interface Props {
  readonly pinRequired: boolean;
  /** Somebody who was in already. */
  readonly again: boolean;
  readonly onEnter: (person: { name: string; pin: string }) => Promise<void>;
}

/** Name and, where the gateway asks for it, the PIN. */
export function DoorForm({ pinRequired, again, onEnter }: Props) {
  const [name, setName] = useState(rememberedName);
  const [pin, setPin] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    rememberName(name.trim());
    onEnter({ name: name.trim(), pin }).catch((error: unknown) => {
      setBusy(false);
      setTrouble(wordsFor(error));
    });
  };
  return (
    <form className="enter" onSubmit={submit}>
      <label htmlFor="name">Your name</label>
      <input
        id="name"
        required
        autoFocus={name === ''}
        autoComplete="name"
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {pinRequired && (
        <>
          <label htmlFor="pin">PIN</label>
          <input
            id="pin"
            required
            autoFocus={name !== ''}
            className="pin"
            inputMode="numeric"
            autoComplete="off"
            maxLength={32}
            aria-describedby={trouble === null ? undefined : 'trouble'}
            aria-invalid={trouble !== null}
            value={pin}
            onChange={(event) => setPin(event.target.value)}
          />
        </>
      )}
      {trouble !== null && (
        <p className="note bad" id="trouble" role="alert">
          {trouble}
        </p>
      )}
      <button type="submit" className="primary wide" disabled={busy}>
        {busy ? 'Joining …' : again ? 'Join again' : 'Join'}
      </button>
      <p className="muted small">Your browser will ask for the microphone. You can also just listen.</p>
    </form>
  );
}

function wordsFor(error: unknown): string {
  return error instanceof Problem
    ? `${error.message} ${error.remedy}`.trim()
    : 'Something went wrong in this page. Load it again.';
}

// Storage can be switched off; then nothing is remembered.
function rememberedName(): string {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return '';
  }
}

function rememberName(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    return;
  }
}
