import type { CSSProperties } from 'react';
import { MicOffIcon, PhoneIcon } from '../icons.tsx';
import { hueOf, initials, type Person } from './people.ts';

/** One person: who, by which way, and whether they speak. */
export function Tile({ person }: { person: Person }) {
  const look = {
    '--hue': String(hueOf(person.identity)),
    // The ear hears loudness by its root: speech is around 0.1 of the scale.
    '--level': person.speaking ? Math.min(1, 0.35 + Math.sqrt(person.level)).toFixed(2) : '0',
  } as CSSProperties;
  return (
    <li
      className={`tile ${person.speaking ? 'speaking' : ''}`}
      style={look}
      data-identity={person.identity}
      data-via={person.via}
      data-speaking={person.speaking}
      data-sound={person.sound}
    >
      <span className="avatar" aria-hidden="true">
        {person.via === 'phone' ? <PhoneIcon size={30} /> : initials(person.name)}
      </span>
      <span className="who">
        <span className="name" dir="auto">
          {person.name}
        </span>
        <span className="how">
          {labels(person).join(' · ')}
          {person.speaking && <span className="unseen"> · speaking</span>}
        </span>
      </span>
      {person.sound !== 'on' && (
        <span className="silent" title={person.sound === 'muted' ? 'Muted' : 'No microphone'}>
          <MicOffIcon size={17} />
        </span>
      )}
    </li>
  );
}

function labels(person: Person): string[] {
  return [
    ...(person.isSelf ? ['You'] : []),
    ...(person.via === 'phone' ? ['By phone'] : []),
    ...(person.host ? ['Host'] : []),
    ...(person.connecting ? ['connecting …'] : []),
    ...(person.sound === 'muted' ? ['muted'] : []),
    ...(person.sound === 'none' && person.via === 'browser' ? ['listening'] : []),
  ];
}
