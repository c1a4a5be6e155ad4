import { runAsChild } from './control/entry.ts';
import { createLiveKitLinks } from './link/livekit-links.ts';
import { startNodeProcess } from './process.ts';

runAsChild((start, port) =>
  startNodeProcess(start, port, async (log, { host, link }) => {
    if (link === 'encoded') return createLiveKitLinks({ log, bindAddress: host });
    // Its library is large, and loaded only by who wants it.
    const { createRtcNodeLinks } = await import('./link/rtc-node/links.ts');
    return createRtcNodeLinks({ log });
  }),
);
