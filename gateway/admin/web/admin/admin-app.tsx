import '../styles/room.css';
import '../styles/admin.css';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useSyncExternalStore } from 'react';
import { Mark } from '../icons.tsx';
import { MeetingPage } from '../meetings/meeting-page.tsx';
import { MeetingsPage } from '../meetings/meetings-page.tsx';
import { PlanList } from '../plans/plan-list.tsx';
import { Link, usePath } from './navigation.tsx';
import { currentSession, type Session, signOut, subscribe } from './session.ts';
import { SignIn } from './sign-in.tsx';

// The editor is as large as all the rest.
const PlanPage = lazy(() => import('../plans/plan-page.tsx').then((file) => ({ default: file.PlanPage })));

const sections = [
  { path: '/admin/dial-plans', title: 'Dial plans' },
  { path: '/admin/meetings', title: 'Meetings' },
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
  useEffect(() => main.current?.focus(), [path]);
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
        <Suspense fallback={<p className="muted">One moment …</p>}>{contentAt(path)}</Suspense>
      </main>
    </div>
  );
}

function contentAt(path: string): ReactNode {
  const plan = /^\/admin\/dial-plans\/([^/]+)\/?$/.exec(path)?.[1];
  if (plan !== undefined) {
    const name = decodeURIComponent(plan);
    return <PlanPage key={name} name={name} />;
  }
  const meeting = /^\/admin\/meetings\/([^/]+)\/?$/.exec(path)?.[1];
  if (meeting !== undefined) return <MeetingPage key={meeting} id={decodeURIComponent(meeting)} />;
  if (path.startsWith('/admin/meetings')) return <MeetingsPage />;
  return <PlanList />;
}
