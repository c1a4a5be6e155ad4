// `npm run dialplan -- check|resolve|explain|diff|fmt|schema`: dial plans from the command line.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUpOrExit } from './setup.mjs';

await setUpOrExit({ livekit: false });
await import(pathToFileURL(join(root, 'dist/dialplans/cli/main.js')).href);
