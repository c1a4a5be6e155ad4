import { useState } from 'react';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { usePolled } from '../use-polled.ts';
import { fetchGuesses, liftGuess } from './api.ts';

const lookEveryMs = 5_000;

/** Who is slowed or blocked for wrong PINs; nothing while there is nobody. */
export function Guesses() {
  const guesses = usePolled(fetchGuesses, lookEveryMs);
  const [lifted, setLifted] = useState<ReadonlySet<string>>(new Set());
  const task = useTask();
  if (guesses.state !== 'ok') return null;
  const left = guesses.value.filter(({ id }) => !lifted.has(id));
  if (left.length === 0) return null;
  const lift = (id: string): void => {
    void task.run(async () => {
      await liftGuess(id);
      setLifted((before) => new Set([...before, id]));
    });
  };
  return (
    <section className="card" aria-labelledby="guesses">
      <h2 id="guesses">Wrong PINs</h2>
      <p className="muted small">Who types wrong PINs has to wait, then is blocked for an hour.</p>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="guesses">
        <table>
          <thead>
            <tr>
              <th scope="col">Caller</th>
              <th scope="col">Wrong</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="unseen">What to do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {left.map(({ id, source, tenant, misses, state, until }) => (
              <tr key={id}>
                <th scope="row">
                  {source} <span className="muted">{tenant}</span>
                </th>
                <td>{misses}</td>
                <td>
                  {state} until {showTime(until)}
                </td>
                <td>
                  <button type="button" className="quiet" disabled={task.busy} onClick={() => lift(id)}>
                    Let in again<span className="unseen">: {source}</span>
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
