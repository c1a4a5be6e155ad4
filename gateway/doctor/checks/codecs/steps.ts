/** Libraries, in the order in which they are tried. */
export const steps = ['opus', 'h264', 'canvas', 'webrtc', 'rtc-node'] as const;
export type StepName = (typeof steps)[number];
