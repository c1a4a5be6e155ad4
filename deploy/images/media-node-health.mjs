// Asks the media host of this container whether it lives; the exit code says it.
import { request as ask } from 'node:http';
import { request as askSecurely } from 'node:https';
import { readSettings } from '../../dist/mcu/host/options.js';

const answerMs = 5_000;
const {
  MEDIA_HOST_LISTEN: host,
  MEDIA_HOST_PORT: port,
  MEDIA_HOST_TLS_CERT: cert,
} = readSettings(process.env);
const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

// Its certificate is for a name; here we ask our own process, by address.
const request = (cert === '' ? ask : askSecurely)(
  { host: near, port, path: '/healthz', rejectUnauthorized: false, timeout: answerMs },
  (answer) => {
    answer.pipe(process.stdout);
    answer.on('end', () => (process.exitCode = answer.statusCode === 200 ? 0 : 1));
  },
);
request.on('timeout', () => request.destroy(new Error(`no answer within ${answerMs} ms`)));
request.on('error', (error) => {
  console.error(`${near}:${port}: ${error.message}`);
  process.exitCode = 1;
});
request.end();
