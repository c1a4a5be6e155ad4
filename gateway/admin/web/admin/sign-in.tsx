import { type SubmitEvent, useState } from 'react';
import { ask, Problem } from '../ask.ts';
import { Mark } from '../icons.tsx';
import { currentFarewell, rememberedName, signIn } from './session.ts';
import { Trouble } from './trouble.tsx';

/** The token in, once per tab. It is tried before it is kept, and never stands in an address. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [name, setName] = useState(rememberedName);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const farewell = currentFarewell();

  const submit = async (): Promise<void> => {
    setBusy(true);
    setTrouble(null);
    try {
      await ask('/api/v1/plans', {
        headers: { authorization: `Bearer ${token.trim()}` },
        signal: new AbortController().signal,
      });
      signIn({ token: token.trim(), name: name.trim() });
    } catch (error) {
      setTrouble(error instanceof Problem && error.status === 401 ? wrongToken : error);
      setBusy(false);
    }
  };
  return (
    <div className="door">
      <header>
        <a className="masthead" href="/">
          <Mark />
          <span>Interop gateway</span>
        </a>
      </header>
      <main className="card">
        <p className="eyebrow">Administration</p>
        <h1>Sign in</h1>
        {farewell !== null && (
          <p className="note" role="status">
            {farewell}
          </p>
        )}
        <form
          className="enter"
          onSubmit={(event: SubmitEvent) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label htmlFor="admin-name">Your name</label>
          <input
            id="admin-name"
            autoComplete="username"
            maxLength={64}
            value={name}
            aria-describedby="why-name"
            onChange={(event) => setName(event.target.value)}
          />
          <p className="muted small" id="why-name">
            The history says it with each change.
          </p>
          <label htmlFor="admin-token">Admin token</label>
          <input
            id="admin-token"
            required
            type="password"
            autoComplete="current-password"
            value={token}
            aria-describedby="where-token"
            onChange={(event) => setToken(event.target.value)}
          />
          <p className="muted small" id="where-token">
            It is in the gateway’s <code>data/admin-token</code>.
          </p>
          {trouble !== null && <Trouble of={trouble} />}
          <button type="submit" className="primary wide" disabled={busy}>
            {busy ? 'Looking …' : 'Sign in'}
          </button>
        </form>
      </main>
    </div>
  );
}

const wrongToken = new Problem({
  title: 'Wrong token',
  detail: 'This is not the gateway’s token.',
  code: 'UNAUTHORIZED',
  remedy: 'Copy all of data/admin-token, or what adminToken of the configuration says.',
});
