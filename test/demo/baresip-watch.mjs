// baresip, watched by a process that does nothing else: what it prints has its own time, however busy the demo is.
// Sends `{text, atMs}`; ends with baresip, and baresip ends when the demo is gone. Argument: baresip's folder.
import { spawn } from 'node:child_process';

// Into a pipe libc prints by blocks; by lines each message comes at once.
const baresip = spawn('stdbuf', ['-oL', 'baresip', '-s', '-f', process.argv[2]], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
baresip.stdout.setEncoding('utf8').on('data', (text) => {
  if (process.connected) process.send({ text, atMs: performance.timeOrigin + performance.now() });
});
baresip.once('close', (code) => process.exit(code ?? 1));
baresip.once('error', () => process.exit(1));
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => baresip.kill('SIGKILL'));
// Ctrl-C reaches the whole group; the demo hangs up first.
process.on('SIGINT', () => {});
