import { Trouble } from './trouble.tsx';

/** In place of one thing while it is on its way, or can’t be had. */
export function Opening({ what, trouble }: { what: string; trouble: unknown }) {
  if (trouble === null) return <h1 className="muted opening">One moment …</h1>;
  return (
    <>
      <h1>This {what} can’t be shown</h1>
      <Trouble of={trouble} />
    </>
  );
}
