// Asks the gateway of this container how it is; the exit code says it.
//   node deploy/images/health.mjs live     its process answers
//   node deploy/images/health.mjs ready    all its parts are up
import { request as ask } from 'node:http';
import { request as askSecurely } from 'node:https';
import { loadConfig } from '../../dist/gateway/config/load.js';
import { inUri, nearAddress } from '../../dist/gateway/config/outside.js';

const answerMs = 5_000;
const { host, http } = loadConfig({ argv: [], env: process.env, folder: process.cwd() });
const secure = http.tlsCert !== '';
const path = process.argv[2] === 'ready' ? '/readyz' : '/healthz';
const url = `${secure ? 'https' : 'http'}://${inUri(nearAddress(host))}:${http.port}${path}`;

// Its certificate is for a name; here we ask our own process, by address.
const request = (secure ? askSecurely : ask)(
  url,
  { rejectUnauthorized: false, timeout: answerMs },
  (answer) => {
    answer.pipe(process.stdout);
    answer.on('end', () => (process.exitCode = answer.statusCode === 200 ? 0 : 1));
  },
);
request.on('timeout', () => request.destroy(new Error(`no answer within ${answerMs} ms`)));
request.on('error', (error) => {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
});
request.end();
