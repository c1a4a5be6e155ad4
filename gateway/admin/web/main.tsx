import { lazy, StrictMode, Suspense, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './styles/start.css';
import { StartPage } from './start-page.tsx';

// Each brings a library of its own: LiveKit's client, the editor.
const RoomPage = lazy(() => import('./room/room-page.tsx').then((file) => ({ default: file.RoomPage })));
const AdminApp = lazy(() => import('./admin/admin-app.tsx').then((file) => ({ default: file.AdminApp })));

/** The server gives this document at `/`, at `/join/<room>` and at `/admin/…`. */
function pageOf(path: string): ReactNode {
  if (path.startsWith('/admin')) return <AdminApp />;
  const room = /^\/join\/([^/]+)\/?$/.exec(path)?.[1];
  return room === undefined ? <StartPage /> : <RoomPage room={decodeURIComponent(room)} />;
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Suspense fallback={null}>{pageOf(window.location.pathname)}</Suspense>
    </StrictMode>,
  );
}
