import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

/** The address's path; draws again when it changes. */
export const usePath = (): string => useSyncExternalStore(subscribe, () => window.location.pathname);

/** Its query, with the question mark. */
export const useQuery = (): string => useSyncExternalStore(subscribe, () => window.location.search);

export function go(path: string): void {
  window.history.pushState(null, '', path);
  window.scrollTo(0, 0);
  for (const listener of listeners) listener();
}

/** Another query for the same page, so that it can be loaded again and sent on; the way back stays as it was. */
export function setQuery(query: string): void {
  const { pathname } = window.location;
  window.history.replaceState(null, '', query === '' ? pathname : `${pathname}?${query}`);
  for (const listener of listeners) listener();
}

interface LinkProps {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly current?: boolean;
}

/** A link within these pages: no document is loaded for it. */
export function Link({ to, children, className, current = false }: LinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} className={className} aria-current={current ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
