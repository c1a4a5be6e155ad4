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
  // A start that fails is told below.
  void starting?.then((gateway) => gateway.close()).then(() => process.exit(0));
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

try {
  const config = loadConfig({ argv: process.argv.slice(2), env: process.env, folder: process.cwd() });
  starting = startGateway(config, stderr);
  const gateway = await starting;
  stdout.write(welcome(gateway.facts));
} catch (error) {
  stderr.write(explain(error));
  process.exit(1);
}
