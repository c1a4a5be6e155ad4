import { ListEnd } from '../admin/list-end.tsx';
import { Link } from '../admin/navigation.tsx';
import { Cell, HeadCell, Row, Sheet } from '../admin/sheet.tsx';
import { showSecond } from '../admin/times.ts';
import { usePages } from '../admin/use-pages.ts';
import { useTitle } from '../admin/use-title.ts';
import { planPath } from '../plans/paths.ts';
import '../styles/audit.css';
import { fetchAudit } from './api.ts';
import { deedInWords, whyInWords } from './audit-words.ts';
import type { AuditEntry } from './entry.ts';

const columns = ['When', 'Who', 'What', 'Did', 'Why'];

/** Who did what, and when. */
export function AuditPage() {
  const pages = usePages(fetchAudit);
  useTitle('Audit log · Interop gateway');
  return (
    <>
      <div className="headline">
        <h1>Audit log</h1>
        <div className="buttons">
          <button type="button" className="quiet" disabled={pages.busy} onClick={pages.again}>
            Look again
          </button>
        </div>
      </div>
      <p className="muted">
        Who changed what calls go by, and when. Names are those that people gave when they signed in;
        “gateway” is what happened by itself.
      </p>
      {pages.rows !== null && pages.rows.length > 0 && (
        <Sheet label="Audit log" columns={columns} className="audit">
          {pages.rows.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </Sheet>
      )}
      <ListEnd pages={pages} what={['entry', 'entries']} nothing="Nothing was changed here yet." />
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { at, by, action, subject } = entry;
  const isPlan = /^(plan|canary)\./.test(action);
  return (
    <Row>
      <HeadCell className="when">{showSecond(at)}</HeadCell>
      <Cell className="who">{by}</Cell>
      <Cell className="what">{isPlan ? <Link to={planPath(subject)}>{subject}</Link> : subject}</Cell>
      <Cell className="did">{deedInWords(entry)}</Cell>
      <Cell className="why">{whyInWords(entry)}</Cell>
    </Row>
  );
}
