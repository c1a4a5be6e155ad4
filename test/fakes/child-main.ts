/** A child for the supervisor's tests: says what it was started with, answers, dies or hangs when told to. */
const [, , mode = ''] = process.argv;
let deaf = false;

process.on('message', (message: Record<string, unknown>) => {
  if ('start' in message && mode !== 'mute') process.send?.({ ready: { start: message.start, mode } });
  if ('echo' in message) process.send?.({ echoed: message.echo });
  if ('env' in message) process.send?.({ value: process.env[String(message.env)] ?? null });
  if ('ping' in message && !deaf) process.send?.({ pong: true });
  if ('deafen' in message) deaf = true;
  if ('die' in message) process.exit(3);
  if ('close' in message && mode !== 'stubborn') process.exit(0);
});
if (mode === 'broken') process.exit(1);
