import { count } from '../admin/count.ts';
import { Trouble } from '../admin/trouble.tsx';
import type { Check, TestResult } from './api.ts';
import type { Checked } from './use-check.ts';

/** One line above the text, that screen readers hear too. */
export function Verdict({ checked }: { checked: Checked }) {
  const { check, stale } = checked;
  const state = check === null || stale ? 'starting' : check.problems.length > 0 ? 'down' : 'up';
  return (
    <p className="verdict" role="status">
      <span className={`dot ${state}`} />
      {check === null ? 'Checking …' : wordsFor(check)}
      {check !== null && stale && <span className="muted"> checking again …</span>}
    </p>
  );
}

function wordsFor({ problems, tests }: Check): string {
  if (problems.length > 0) return `${count(problems.length, 'mistake')}: it can’t be published`;
  return tests.length === 0
    ? 'No mistakes; it has no tests'
    : `No mistakes; ${count(tests.length, 'test')} passed`;
}

interface Props {
  readonly name: string;
  readonly checked: Checked;
  readonly goTo: (line: number, column: number) => void;
}

/** All that the check found, with the way to it, and what became of the tests. */
export function ChecksPanel({ name, checked, goTo }: Props) {
  const { check, trouble } = checked;
  if (trouble !== null) return <Trouble of={trouble} />;
  if (check === null) return <p className="muted">One moment …</p>;
  return (
    <>
      {check.problems.length > 0 && (
        <>
          <h2>Mistakes</h2>
          <ul className="findings">
            {check.problems.map(({ file, line, column, message, remedy }) => (
              <li key={`${file} ${line} ${column} ${message}`}>
                {file === name ? (
                  <button type="button" className="finding" onClick={() => goTo(line, column)}>
                    <span className="place">Line {line}</span> {message}
                  </button>
                ) : (
                  <p className="finding">
                    <span className="place">
                      {file}, line {line}
                    </span>{' '}
                    {message}
                  </p>
                )}
                <p className="muted small">{remedy}</p>
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>Tests</h2>
      {check.tests.length === 0 && (
        <p className="muted">
          {check.problems.length > 0 ? 'They run when there are no other mistakes.' : testsHelp}
        </p>
      )}
      <ul className="tests">
        {check.tests.map((test, index) => (
          <Test key={`${index} ${test.name}`} test={test} />
        ))}
      </ul>
    </>
  );
}

const testsHelp =
  'There are none. Under tests: you can write down calls and what must come of them; they run whenever a plan is published.';

function Test({ test: { name, passed, failures } }: { test: TestResult }) {
  return (
    <li className={passed ? 'passed' : 'failed'}>
      <span aria-hidden="true">{passed ? '✓' : '✗'}</span>
      <span>
        {name}
        <span className="unseen">{passed ? ': passes' : ': fails'}</span>
        {failures.map(({ message }) => (
          <span key={message} className="failure">
            {message}
          </span>
        ))}
      </span>
    </li>
  );
}
