// `npm run doctor [-- --json] [-- the gateway's options]`: looks at an installation and says in words how its parts are.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUpOrExit } from './setup.mjs';
import { findLivekit } from './steps/livekit.mjs';

const doctor = join(root, 'dist/gateway/doctor/main.js');
// What is there is looked at as it is: a build under a gateway that runs would change what its next process is.
if (!existsSync(doctor)) await setUpOrExit({ livekit: false });

// As the start does, so that both look at the same program. One that can't be run is a finding.
const livekit = process.env.LIVEKIT_SERVER_BIN || process.env.GATEWAY_LIVEKIT_BINARY || findLivekit();
if (livekit) process.env.GATEWAY_LIVEKIT_BINARY = livekit;
await import(pathToFileURL(doctor).href);
