import { Problem } from '../ask.ts';

/** What went wrong and what to do, for whatever was thrown. */
export function Trouble({ of: error }: { of: unknown }) {
  if (!(error instanceof Problem)) {
    return (
      <p className="note bad" role="alert">
        Something went wrong in this page. Load it again; what you typed is kept.
      </p>
    );
  }
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>{error.message}</strong> {error.remedy}
      </p>
      {error.errors.length > 0 && (
        <ul className="plain">
          {error.errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path === '' ? 'the request' : path.replace(/^\//, '').replaceAll('/', '.')}</code>{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
      {error.problems.length > 0 && (
        <ul className="plain">
          {error.problems.map(({ file, line, column, message, remedy }) => (
            <li key={`${file} ${line} ${column} ${message}`}>
              <code>
                {file}, line {line}
              </code>{' '}
              {message}. {remedy}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
