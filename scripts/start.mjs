// `npm start [-- --host 0.0.0.0 --sip.port 5070 …]`: set-up, then the gateway.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root, setUpOrExit } from './setup.mjs';

const livekit = await setUpOrExit({ argv: process.argv.slice(2) });
if (livekit !== null) process.env.GATEWAY_LIVEKIT_BINARY = livekit;

// In this process, not in a child: Ctrl-C, SIGTERM and even kill -9 reach the gateway itself, once,
// and its exit code is ours. What the set-up loaded is a few small modules.
process.setSourceMapsEnabled(true);
await import(pathToFileURL(join(root, 'dist/gateway/main.js')).href);
