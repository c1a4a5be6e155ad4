import type { ReactNode } from 'react';

/** Line icons on a 24-unit grid, in the text's colour; decoration only, words stand beside them. */
function Icon({ children, size = 20 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

const handset =
  'M6.6 3.5h2.3a1.4 1.4 0 0 1 1.4 1.1l.7 3a1.4 1.4 0 0 1-.5 1.4L8.9 10.3a12 12 0 0 0 4.8 4.8l1.3-1.6a1.4 1.4 0 0 1 1.4-.5l3 .7a1.4 1.4 0 0 1 1.1 1.4v2.3a2 2 0 0 1-2.1 2A15.8 15.8 0 0 1 4.6 5.6a2 2 0 0 1 2-2.1Z';

export const PhoneIcon = ({ size }: { size?: number }) => (
  <Icon {...(size === undefined ? {} : { size })}>
    <path d={handset} />
  </Icon>
);

export const MicIcon = ({ size }: { size?: number }) => (
  <Icon {...(size === undefined ? {} : { size })}>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);

export const MicOffIcon = ({ size }: { size?: number }) => (
  <Icon {...(size === undefined ? {} : { size })}>
    <path d="M9 9v2a3 3 0 0 0 4.6 2.5M15 10.5V6a3 3 0 0 0-5.8-1M5.5 11.5a6.5 6.5 0 0 0 10.2 5.3M18.2 13.6a6.4 6.4 0 0 0 .3-2.1M12 18v3M4 4l16 16" />
  </Icon>
);

export const LeaveIcon = () => (
  <Icon>
    <path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10.5 12H20M16.5 8.5 20 12l-3.5 3.5" />
  </Icon>
);

export const LinkIcon = () => (
  <Icon size={18}>
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 1 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 1 0 11 18.700l1-1" />
  </Icon>
);

export const SpeakerIcon = () => (
  <Icon size={18}>
    <path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500ZM15.5 9a4.2 4.2 0 0 1 0 6M18.2 6.500a8 8 0 0 1 0 11" />
  </Icon>
);

export const Mark = () => (
  <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="9" className="mark-ground" />
    <path
      d="M9 15.500v1M13 12v8M17 9v14M21 13v6M25 15.500v1"
      stroke="white"
      strokeWidth="2.4"
      strokeLinecap="round"
      fill="none"
    />
  </svg>
);
