import { Link } from '../admin/navigation.tsx';
import { Cell, HeadCell, Row, Sheet } from '../admin/sheet.tsx';
import { showDuration, showSecond } from '../admin/times.ts';
import { isOrdinary, reasonName } from './reason-names.ts';
import type { CallRecord } from './shapes.ts';

export const callPath = (id: string): string => `/admin/calls/${encodeURIComponent(id)}`;

const columns = ['Ended', 'From', 'To', 'Room or rule', 'How it ended', 'Talked'];

/** Past calls, one a line. */
export function CallsTable({ calls }: { calls: readonly CallRecord[] }) {
  return (
    <Sheet label="Past calls" columns={columns} className="calls">
      {calls.map((call) => (
        <Row key={call.id}>
          <HeadCell className="when">
            <Link to={callPath(call.id)}>{showSecond(call.endedAt)}</Link>
          </HeadCell>
          <Cell className="party">
            <Party came={call.from} routed={call.routedFrom} nobody={manyOf(call)} />
          </Cell>
          <Cell className="party to">
            <Party came={call.to} routed={call.routedTo} nobody="" />
          </Cell>
          <Cell className="place">
            {call.room ?? <span className="muted">{call.rule ?? 'no rule'}</span>}
          </Cell>
          <Cell className="end">
            <EndBadge call={call} />
          </Cell>
          <Cell className="length">{talked(call)}</Cell>
        </Row>
      ))}
    </Sheet>
  );
}

interface PartyProps {
  readonly came: string;
  readonly routed: string;
  readonly nobody: string;
}

/** A number as it came, and as the plan's rules have rewritten it. */
function Party({ came, routed, nobody }: PartyProps) {
  if (came === '') return <span className="muted">{nobody}</span>;
  return (
    <>
      {came}
      {routed !== came && <span className="muted small rewritten">as {routed}</span>}
    </>
  );
}

export function EndBadge({ call: { endReason } }: { call: CallRecord }) {
  return <span className={isOrdinary(endReason) ? 'badge' : 'badge warn'}>{reasonName(endReason)}</span>;
}

/** Of a record that stands for several calls. */
const manyOf = ({ attempts }: CallRecord): string => (attempts > 1 ? `${attempts} calls` : 'unknown');

export function talked({ answeredAt, endedAt }: CallRecord): string {
  return answeredAt === null ? 'not answered' : showDuration(Date.parse(endedAt) - Date.parse(answeredAt));
}
