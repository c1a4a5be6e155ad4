import { GatewayError } from './errors.ts';
import { loadConfig } from './config/load.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { welcome } from './welcome.ts';

const { stdout, stderr } = process;

/** What a person can mend is said in words; anything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof GatewayError) return `${error.message}\n${error.remedy}\n`;
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

let starting: Promise<Gateway> | null = null;
let stoppingSinceMs: number | null = null;

function stop(): void {
  if (stoppingSinceMs !== null) {
    // The second Ctrl-C is an order. Under npm each comes twice, from the terminal and from npm.
    if (performance.now() - stoppingSinceMs > 500) process.exit(130);
    return;
  }
  stoppingSinceMs = performance.now();
  stderr.write('Stopping: callers get a BYE …\n');
  // A start that fails after this ends below.
  void starting
    ?.then((gateway) => gateway.close())
    .then(
      () => process.exit(0),
      () => undefined,
    );
}

/** Asked after a wait; the compiler takes the first value for the last. */
function isStopping(): boolean {
  return stoppingSinceMs !== null;
}

process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// The terminal was closed; callers get their BYE all the same.
process.on('SIGHUP', stop);

process.on('SIGUSR2', () => {
  void starting?.then(
    (gateway) => gateway.reloadCertificates(),
    () => undefined,
  );
});

try {
  const config = loadConfig({ argv: process.argv.slice(2), env: process.env, folder: process.cwd() });
  starting = startGateway(config, stderr);
  const gateway = await starting;
  if (!isStopping()) stdout.write(welcome(gateway.facts));
} catch (error) {
  // Ctrl-C also ends processes that are just starting: that is no failure, and nothing is left.
  if (isStopping()) process.exit(0);
  stderr.write(explain(error));
  process.exit(1);
}
