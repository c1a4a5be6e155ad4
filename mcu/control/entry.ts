import type { Port } from './channel.ts';
import { closeInheritedUdpSockets } from './inherited.ts';

/** What a child's entry hands back once it runs. */
export interface Entered {
  readonly ready: unknown;
  readonly close: () => Promise<void>;
}

/** A hung close must not keep a process alive for which nobody is responsible any more. */
const closeDeadlineMs = 3000;

/**
 * The other side of `child.ts`: takes `{start}`, sends `{ready}`, answers `{ping}` with `{pong}`, ends on `{close: true}`, on SIGTERM and when
 * the parent is gone. SIGINT and SIGHUP are the parent's business: Ctrl-C and a closed terminal reach the whole
 * process group, and calls must still be ended properly.
 */
export function runAsChild(enter: (start: unknown, port: Port) => Promise<Entered>): void {
  closeInheritedUdpSockets();
  const listeners: ((message: unknown) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  const port: Port = {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => listeners.push(listener),
    onClose: (listener) => closeListeners.push(listener),
  };
  let entered: Promise<Entered> | null = null;
  let leaving = false;

  const leave = (exitCode: number) => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.exit(exitCode), closeDeadlineMs).unref();
    void Promise.resolve(entered)
      .then((running) => running?.close())
      .catch(() => undefined)
      .finally(() => process.exit(exitCode));
  };

  process.on('message', (message) => {
    if (typeof message !== 'object' || message === null) return;
    if ('ping' in message) {
      port.send({ pong: true });
      return;
    }
    if ('close' in message) {
      leave(0);
      return;
    }
    if (!('start' in message)) {
      for (const listener of listeners) listener(message);
      return;
    }
    entered ??= enter(message.start, port);
    entered.then(
      ({ ready }) => port.send({ ready }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', () => {
    for (const listener of closeListeners) listener();
    leave(0);
  });
  process.on('SIGTERM', () => leave(0));
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
