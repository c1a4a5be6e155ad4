import { type ReactNode, useRef, useState } from 'react';
import { count } from '../admin/count.ts';
import { Cell, HeadCell, Row, Sheet } from '../admin/sheet.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { usePolled } from '../use-polled.ts';
import { fetchGuesses, liftGuess, type Guess } from './api.ts';

const lookEveryMs = 5_000;
/** More are folded away: an attack has thousands. */
const shownAtOnce = 5;

/** Who is slowed or blocked for wrong PINs; nothing while there is nobody. What follows waits for it, so that nothing jumps. */
export function Guesses({ children }: { children: ReactNode }) {
  const guesses = usePolled(fetchGuesses, lookEveryMs);
  const [lifted, setLifted] = useState<ReadonlySet<string>>(new Set());
  const [news, setNews] = useState('');
  const status = useRef<HTMLDivElement>(null);
  const task = useTask();
  if (guesses.state === 'loading') return <p className="muted">One moment …</p>;
  const left = guesses.state === 'ok' ? guesses.value.filter(({ id }) => !lifted.has(id)) : [];
  const lift = ({ id, source }: Guess): void => {
    void task.run(async () => {
      await liftGuess(id);
      setLifted((before) => new Set([...before, id]));
      setNews(`${source} may try again.`);
      // The button that was pressed is gone.
      status.current?.focus();
    });
  };
  return (
    <>
      <div role="status" tabIndex={-1} ref={status}>
        {news !== '' && <p className="note good">{news}</p>}
      </div>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {left.length > 0 && (
        <section className="guesses" aria-labelledby="guesses">
          <h2 id="guesses">Wrong PINs</h2>
          <p className="muted small">
            {count(left.length, 'caller')} typed wrong PINs too often: each has to wait, or is blocked for
            some time.
          </p>
          <GuessList guesses={left.slice(0, shownAtOnce)} busy={task.busy} onLift={lift} />
          {left.length > shownAtOnce && (
            <details>
              <summary>{left.length - shownAtOnce} more</summary>
              <GuessList guesses={left.slice(shownAtOnce)} busy={task.busy} onLift={lift} />
            </details>
          )}
        </section>
      )}
      {children}
    </>
  );
}

interface ListProps {
  readonly guesses: readonly Guess[];
  readonly busy: boolean;
  readonly onLift: (guess: Guess) => void;
}

function GuessList({ guesses, busy, onLift }: ListProps) {
  return (
    <Sheet label="Callers who typed wrong PINs" columns={['Caller', 'Tenant', 'PINs', 'State', '']}>
      {guesses.map((guess) => (
        <Row key={guess.id}>
          <HeadCell>{guess.source}</HeadCell>
          <Cell className="muted">{guess.tenant}</Cell>
          <Cell>{guess.misses} wrong</Cell>
          <Cell>
            <span className={guess.state === 'blocked' ? 'badge warn' : 'badge'}>{guess.state}</span> until{' '}
            {showTime(guess.until)}
          </Cell>
          <Cell className="act">
            <button type="button" className="quiet" disabled={busy} onClick={() => onLift(guess)}>
              Let in again<span className="unseen">: {guess.source}</span>
            </button>
          </Cell>
        </Row>
      ))}
    </Sheet>
  );
}
