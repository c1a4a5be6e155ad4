import { type ReactNode, useEffect, useState } from 'react';
import { Facts } from '../admin/facts.tsx';
import { Link } from '../admin/navigation.tsx';
import { showDuration, showSecond, toLocal } from '../admin/times.ts';
import { Opening } from '../admin/opening.tsx';
import { useTitle } from '../admin/use-title.ts';
import { queryOfCall } from '../plans/call-query.ts';
import '../styles/calls.css';
import { fetchCall } from './api.ts';
import { EndBadge, talked } from './calls-table.tsx';
import { Sound } from './sound.tsx';
import { Steps } from './steps.tsx';
import { WhyThere } from './why-there.tsx';
import type { ExplainedCall } from './shapes.ts';

/** One past call: what it was, why it went where it went, what its caller did, and how it sounded. */
export function CallPage({ id }: { id: string }) {
  const [call, setCall] = useState<ExplainedCall | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  useEffect(() => {
    fetchCall(id).then(setCall, setTrouble);
  }, [id]);
  return (
    <>
      <nav aria-label="Where this is" className="small">
        <Link to="/admin/calls">Calls</Link>
      </nav>
      {call === null && <Opening what="call" trouble={trouble} />}
      {call !== null && <Shown call={call} />}
    </>
  );
}

function Shown({ call }: { call: ExplainedCall }) {
  const title = titleOf(call);
  useTitle(`${title} · Calls`);
  return (
    <>
      <div className="headline">
        <h1>{title}</h1>
        <span className="badges">
          <EndBadge call={call} />
        </span>
        {canBeTried(call) && (
          <Link to={`/admin/dial-plans?${tryQuery(call)}`} className="button primary">
            Try this call again
          </Link>
        )}
      </div>
      <p className="end-text">{call.endText}</p>
      {call.noVideo !== null && <p className="note">Voice only: {call.noVideo.text}.</p>}
      <div className="cards call">
        <div className="stack">
          <WhyThere call={call} />
          <Steps call={call} />
          <Sound call={call} />
        </div>
        <About call={call} />
      </div>
    </>
  );
}

function titleOf({ from, to, attempts, direction }: ExplainedCall): string {
  if (attempts > 1) return `${attempts} refused calls`;
  const whom = `${from === '' ? 'unknown' : from} → ${to === '' ? 'unknown' : to}`;
  return direction === 'outbound' ? `Call out: ${whom}` : whom;
}

/** A call out is none that a plan is asked for, and of many calls none is known. */
const canBeTried = ({ direction, attempts, to }: ExplainedCall): boolean =>
  direction === 'inbound' && attempts === 1 && to !== '';

/** As it came; of its header fields nothing is kept. */
function tryQuery({ from, to, trunk, origin, startedAt }: ExplainedCall): string {
  return queryOfCall({
    ...{ called: to, calling: from, trunk: trunk ?? 'none', at: toLocal(startedAt) },
    ...(origin && {
      ...{ transport: origin.transport, source: origin.source, verstat: origin.verstat },
      language: origin.language ?? '',
    }),
  });
}

const verified = { passed: 'by the carrier', failed: 'the carrier doubts it', none: null } as const;

function About({ call }: { call: ExplainedCall }) {
  const { startedAt, answeredAt, endedAt, origin } = call;
  return (
    <section className="card" aria-labelledby="about">
      <h2 id="about">About it</h2>
      <Facts
        of={[
          ['Began', showSecond(startedAt)],
          answeredAt === null
            ? ['Answered', 'no']
            : ['Answered', `after ${showDuration(Date.parse(answeredAt) - Date.parse(startedAt))}`],
          ['Ended', showSecond(endedAt)],
          answeredAt === null ? null : ['Talked', talked(call)],
          ['From', <Rewritten key="from" came={call.from} routed={call.routedFrom} />],
          ['To', <Rewritten key="to" came={call.to} routed={call.routedTo} />],
          fact('Number verified', origin && verified[origin.verstat]),
          fact('Trunk', call.trunk),
          [
            'Came by',
            [call.protocol.toUpperCase(), origin?.transport.toUpperCase()].filter(Boolean).join(', '),
          ],
          fact('From address', origin?.source),
          fact('Device speaks', origin?.language),
          ['Tenant', call.tenant],
          fact('Room', call.room),
          fact('In the room as', call.participant),
          ['Call', call.id],
        ]}
      />
    </section>
  );
}

const fact = (name: string, value: string | null | undefined): readonly [string, ReactNode] | null =>
  value === null || value === undefined ? null : [name, value];

function Rewritten({ came, routed }: { came: string; routed: string }) {
  if (came === '') return 'unknown';
  return routed === came ? came : `${came}, rewritten to ${routed}`;
}
