import { runDoctor } from './doctor.ts';

const argv = process.argv.slice(2);
// What the client libraries would say by themselves has tokens in it.
process.env.RUST_LOG ??= 'off';

const exitCode = await runDoctor(
  { argv: argv.filter((one) => one !== '--json'), env: process.env, folder: process.cwd() },
  argv.includes('--json'),
  (text) => process.stdout.write(text),
);
// Sockets of a check that was given up would keep the process alive. What was written goes out first.
process.stdout.write('', () => process.exit(exitCode));
