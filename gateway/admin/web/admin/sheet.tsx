import type { ReactNode } from 'react';
import '../styles/sheet.css';

interface SheetProps {
  readonly label: string;
  /** Heads of the columns; the last may be empty, above buttons. */
  readonly columns: readonly string[];
  readonly className?: string;
  readonly children: ReactNode;
}

/** A table that becomes a list on a narrow screen. The roles are said, since it then is no table to the browser. */
export function Sheet({ label, columns, className = '', children }: SheetProps) {
  return (
    <table role="table" aria-label={label} className={`sheet ${className}`}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col">
              {column === '' ? <span className="unseen">What to do</span> : column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  );
}

export function Row({ children }: { children: ReactNode }) {
  return <tr role="row">{children}</tr>;
}

interface CellProps {
  readonly className?: string;
  readonly children: ReactNode;
}

export function Cell({ className, children }: CellProps) {
  return (
    <td role="cell" className={className}>
      {children}
    </td>
  );
}

/** What names its row. */
export function HeadCell({ className, children }: CellProps) {
  return (
    <th role="rowheader" scope="row" className={className}>
      {children}
    </th>
  );
}
