import { runAsChild } from './control/entry.ts';
import { createLiveKitLinks } from './link/livekit-links.ts';
import { startNodeProcess } from './process.ts';

runAsChild((start, port) =>
  startNodeProcess(start, port, async (log, { host, link }) => {
    if (link === 'encoded') return createLiveKitLinks({ log, bindAddress: host });
    // What its library says by itself: warnings, and of its native part nothing, since that names tokens.
    process.env.NODE_ENV ??= 'production';
    process.env.RUST_LOG ??= 'off';
    // It is large, and loaded only by who wants it.
    const { createRtcNodeLinks } = await import('./link/rtc-node/links.ts');
    return createRtcNodeLinks({ log });
  }),
);
