// `npm run pins -- status|rotate|prune [the gateway's options]`: looks after the keys of PINs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUpOrExit } from './setup.mjs';

const tool = join(root, 'dist/gateway/pins/main.js');
// As with the doctor: a build under a gateway that runs would change what its next process is.
if (!existsSync(tool)) await setUpOrExit({ livekit: false });
await import(pathToFileURL(tool).href);
