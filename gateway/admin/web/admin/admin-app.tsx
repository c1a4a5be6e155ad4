import '../styles/room.css';
import '../styles/admin.css';
import { type ReactNode, Suspense, useEffect, useRef, useSyncExternalStore } from 'react';
import { Mark } from '../icons.tsx';
import { Link, usePath } from './navigation.tsx';
import { pageAt } from './pages.tsx';
import { currentSession, type Session, signOut, subscribe } from './session.ts';
import { SignIn } from './sign-in.tsx';

const sections = [
  { path: '/admin/dial-plans', title: 'Dial plans' },
  { path: '/admin/meetings', title: 'Meetings' },
  { path: '/admin/calls', title: 'Calls' },
  { path: '/admin/webhooks', title: 'Webhooks' },
  { path: '/admin/audit', title: 'Audit log' },
] as const;

/** All pages for admins, behind the token. */
export function AdminApp() {
  const session = useSyncExternalStore(subscribe, currentSession);
  return session === null ? <SignIn /> : <SignedIn session={session} />;
}

function SignedIn({ session }: { session: Session }) {
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  // As after a load: the keyboard goes on from the new content, and screen readers begin there.
  useEffect(() => {
    main.current?.focus();
    // On a phone not all sections have room.
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <div className="admin">
      <header className="topbar">
        <a className="masthead" href="/">
          <Mark />
          <span>Interop gateway</span>
        </a>
        <nav aria-label="Administration">
          {sections.map((section) => (
            <Link key={section.path} to={section.path} current={path.startsWith(section.path)}>
              {section.title}
            </Link>
          ))}
        </nav>
        <button type="button" className="quiet" onClick={() => signOut(null)}>
          Sign out{session.name === '' ? '' : ` ${session.name}`}
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        <Waiting>{pageAt(path)}</Waiting>
      </main>
    </div>
  );
}

const Waiting = ({ children }: { children: ReactNode }) => (
  <Suspense fallback={<p className="muted">One moment …</p>}>{children}</Suspense>
);
