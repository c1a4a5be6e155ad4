import { GatewayError } from '../errors.ts';
import { runPinTool } from './tool.ts';

try {
  process.exitCode = await runPinTool({
    argv: process.argv.slice(2),
    env: process.env,
    folder: process.cwd(),
    write: (text) => process.stdout.write(text),
  });
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  process.stderr.write(`${error.message}\n${error.remedy}\n`);
  process.exitCode = 1;
}
