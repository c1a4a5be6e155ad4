// Child processes of the set-up. Plain Node: this runs before any package is installed.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A set-up step can't go on; the message says what a person can do. */
export class SetupError extends Error {}

/** Progress goes to stderr, so that stdout stays free for `--where` and for the program that follows. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Path of a program on PATH, or null. */
export function findOnPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    if (isProgram(path)) return path;
  }
  return null;
}

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program and says at intervals that it still runs, as a first set-up may take minutes.
 * Its output is kept and shown only when it fails; `onLine` sees each line as it comes.
 * Throws `SetupError` with `failure` when the program fails or can't be started.
 */
export async function run(command, args, { what, failure, cwd, env, onLine, progress }) {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        output.push(line);
        if (output.length > 40) output.shift();
        onLine?.(line);
      }
    });
    stream.on('end', () => rest !== '' && output.push(rest));
  }
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const detail = progress?.() ?? '';
    say(`  ${what}: ${seconds} s${detail === '' ? '' : `, ${detail}`}`);
  }, 10_000);
  // Whoever stops the set-up stops what it started; nothing builds on in the background.
  const stop = (signal) => {
    child.kill(signal);
    process.exitCode = 130;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    if (code !== 0) throw new SetupError(`${failure} (${command} ended with ${code})\n${output.join('\n')}`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`${failure} (${command}: ${error.message})`, { cause: error });
  } finally {
    clearInterval(ticker);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  return Math.round((performance.now() - started) / 1000);
}
