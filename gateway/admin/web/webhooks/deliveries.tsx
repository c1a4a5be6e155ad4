import { useCallback, useEffect, useRef, useState } from 'react';
import { ListEnd } from '../admin/list-end.tsx';
import { Cell, HeadCell, Row, Sheet } from '../admin/sheet.tsx';
import { showSecond } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { usePages } from '../admin/use-pages.ts';
import { useTask } from '../admin/use-task.ts';
import { fetchDeliveries, sendAgain } from './api.ts';
import { attemptInWords, lastWords, stateNames } from './delivery-words.ts';
import { GivenUp } from './given-up.tsx';
import type { Delivery, DeliveryState } from './shapes.ts';

interface Props {
  readonly id: string;
  /** Another number: something was sent, so that the log has more. */
  readonly sent: number;
  /** How it goes with the webhook itself may have changed. */
  readonly onLooked: () => void;
}

const columns = ['Event of', 'What', 'State', 'Last attempt', ''];
const badges = { waiting: 'badge', delivered: 'badge good', 'given-up': 'badge warn' } as const;
/** An attempt takes no longer, mostly. */
const soonMs = 1_500;

/** What was sent, how it went, and sending it again. */
export function Deliveries({ id, sent, onLooked }: Props) {
  const [state, setState] = useState<DeliveryState | ''>('');
  const [news, setNews] = useState('');
  const fetchPage = useCallback(
    (after: string | null, signal: AbortSignal) => fetchDeliveries(id, state, after, signal),
    [id, state],
  );
  const pages = usePages(fetchPage);
  const task = useTask();
  const { again } = pages;
  const look = useCallback(() => {
    again();
    onLooked();
  }, [again, onLooked]);
  useLookSoon(sent, look);
  const resend = async (delivery: Delivery): Promise<void> => {
    await sendAgain(id, delivery.id);
    setNews(`${delivery.type} is sent again.`);
    again();
  };
  return (
    <section className="card log" aria-labelledby="log">
      <div className="row-head">
        <h2 id="log">What was sent</h2>
        <div className="buttons">
          <select
            aria-label="Which of them"
            className="small-select"
            value={state}
            onChange={(event) => setState(event.target.value as DeliveryState | '')}
          >
            <option value="">all</option>
            {Object.entries(stateNames).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
          <button type="button" className="quiet" disabled={pages.busy} onClick={look}>
            Look again
          </button>
          <GivenUp
            id={id}
            onQueued={(words) => {
              setNews(words);
              again();
            }}
          />
        </div>
      </div>
      <div role="status">{news !== '' && <p className="note good">{news}</p>}</div>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {pages.rows !== null && pages.rows.length > 0 && (
        <Sheet label="What was sent" columns={columns} className="deliveries">
          {pages.rows.map((delivery) => (
            <DeliveryRow
              key={delivery.id}
              delivery={delivery}
              busy={task.busy}
              onResend={() => void task.run(() => resend(delivery))}
            />
          ))}
        </Sheet>
      )}
      <ListEnd
        pages={pages}
        what={['delivery', 'deliveries']}
        nothing={state === '' ? 'Nothing was sent yet.' : `None is ${stateNames[state]}.`}
      />
    </section>
  );
}

/** Once at once, and once when the receiver has had time to answer. */
function useLookSoon(sent: number, look: () => void): void {
  const seen = useRef(sent);
  useEffect(() => {
    if (seen.current === sent) return;
    seen.current = sent;
    look();
    const timer = setTimeout(look, soonMs);
    return () => clearTimeout(timer);
  }, [sent, look]);
}

interface RowProps {
  readonly delivery: Delivery;
  readonly busy: boolean;
  readonly onResend: () => void;
}

function DeliveryRow({ delivery, busy, onResend }: RowProps) {
  const { type, state, createdAt, dueAt, attempts } = delivery;
  return (
    <Row>
      <HeadCell className="when">{showSecond(createdAt)}</HeadCell>
      <Cell className="what">{type}</Cell>
      <Cell className="state">
        <span className={badges[state]}>{stateNames[state]}</span>
      </Cell>
      <Cell className="last">
        {attempts.length > 1 ? (
          <details>
            <summary>
              {lastWords(delivery)} <span className="muted">({attempts.length} attempts)</span>
            </summary>
            <ol className="attempts">
              {attempts.map((attempt) => (
                <li key={attempt.at}>
                  <span className="muted">{showSecond(attempt.at)}</span> {attemptInWords(attempt)}
                </li>
              ))}
            </ol>
          </details>
        ) : (
          lastWords(delivery)
        )}
        {dueAt !== null && state === 'waiting' && (
          <p className="muted small">tried next {showSecond(dueAt)}</p>
        )}
      </Cell>
      <Cell className="act">
        <button type="button" className="quiet" disabled={busy} onClick={onResend}>
          Send again
          <span className="unseen">
            : {type} of {showSecond(createdAt)}
          </span>
        </button>
      </Cell>
    </Row>
  );
}
