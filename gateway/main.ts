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

let gateway: Gateway | null = null;
let stopping = false;

function stop(): void {
  // The second Ctrl-C is an order.
  if (stopping) process.exit(130);
  stopping = true;
  if (!gateway) return;
  stderr.write('Stopping: callers get a BYE …\n');
  void gateway.close().finally(() => process.exit(0));
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

try {
  const config = loadConfig({ argv: process.argv.slice(2), env: process.env, folder: process.cwd() });
  const running = await startGateway(config, stderr);
  gateway = running;
  stdout.write(welcome(running.facts));
  if (stopping) void running.close().finally(() => process.exit(0));
} catch (error) {
  stderr.write(explain(error));
  process.exit(1);
}
