import { runAsChild } from './control/entry.ts';
import { createLiveKitLinks } from './link/livekit-links.ts';
import { startNodeProcess } from './process.ts';

runAsChild((start, port) =>
  startNodeProcess(start, port, (log, host) => createLiveKitLinks({ log, bindAddress: host })),
);
