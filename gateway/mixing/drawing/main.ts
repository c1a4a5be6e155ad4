import { runAsChild } from '../../../mcu/control/entry.ts';
import { messageOf } from '../../errors.ts';

runAsChild(async (start, port) => {
  // Brings native modules, of which there may be none for this platform.
  const loaded = await import('./process.ts').catch((error: unknown) => messageOf(error));
  if (typeof loaded === 'string') return { ready: { missing: loaded }, close: () => Promise.resolve() };
  return loaded.startDrawingProcess(start, port);
});
