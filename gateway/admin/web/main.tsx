import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './styles/start.css';
import './styles/room.css';
import { RoomPage } from './room/room-page.tsx';
import { StartPage } from './start-page.tsx';

/** Two pages need no router: the server gives this document at `/` and at `/join/<room>`. */
function roomOf(path: string): string | null {
  const segment = /^\/join\/([^/]+)\/?$/.exec(path)?.[1];
  return segment === undefined ? null : decodeURIComponent(segment);
}

const root = document.getElementById('root');
if (root !== null) {
  const room = roomOf(window.location.pathname);
  createRoot(root).render(
    <StrictMode>{room === null ? <StartPage /> : <RoomPage room={room} />}</StrictMode>,
  );
}
