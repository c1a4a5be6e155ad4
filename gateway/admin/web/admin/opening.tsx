import { Problem } from '../ask.ts';
import { Trouble } from './trouble.tsx';

/** In place of one thing while it is on its way, or can’t be had. */
export function Opening({ what, trouble }: { what: string; trouble: unknown }) {
  if (trouble === null) return <h1 className="muted opening">One moment …</h1>;
  return (
    <>
      <div className="headline">
        <h1>This {what} can’t be shown</h1>
      </div>
      {trouble instanceof Problem && trouble.status === 404 ? (
        // The gateway's remedy is for programs.
        <p className="note bad" role="alert">
          <strong>{trouble.message}</strong> It was removed, or its address is wrong.
        </p>
      ) : (
        <Trouble of={trouble} />
      )}
    </>
  );
}
