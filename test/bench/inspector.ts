/** A look into a running Node process, by the inspector that SIGUSR1 opens. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Node's own; all processes open the same, so only one may have it at a time. */
const inspectorPort = 9229;
const openMs = 5000;
/** Until the port is free for the next process. */
const closeMs = 500;

type Call = (method: string, params?: object) => Promise<unknown>;

/** Opens a process's inspector, lets `look` use it, closes it. Throws when the port is somebody else's. */
export async function inspect<T>(pid: number, look: (call: Call) => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGUSR1');
  const socket = await open();
  const call = caller(socket);
  try {
    const { result } = (await call('Runtime.evaluate', { expression: 'process.pid' })) as {
      result: { value: number };
    };
    if (result.value !== pid) throw new Error(`port ${inspectorPort} is of process ${result.value}`);
    const seen = await look(call);
    // Closing waits for its own connection, so it must not happen while that one waits for an answer.
    const close = `setTimeout(() => process.getBuiltinModule('inspector').close(), 50)`;
    await call('Runtime.evaluate', { expression: close });
    return seen;
  } finally {
    socket.close();
    await pause(closeMs);
  }
}

/** JavaScript's memory in use after a full collection, MB: what is there for good. */
export function usedHeapMb(pid: number): Promise<number> {
  return inspect(pid, async (call) => {
    await call('HeapProfiler.enable');
    await call('HeapProfiler.collectGarbage');
    const { usedSize } = (await call('Runtime.getHeapUsage')) as { usedSize: number };
    return usedSize / 2 ** 20;
  });
}

/** Timers that would still call somebody. */
export function activeTimers(pid: number): Promise<number> {
  return inspect(pid, async (call) => {
    const expression = `process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length`;
    const { result } = (await call('Runtime.evaluate', { expression })) as { result: { value: number } };
    return result.value;
  });
}

async function open(): Promise<WebSocket> {
  const deadline = AbortSignal.timeout(openMs);
  while (!deadline.aborted) {
    const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`).catch(() => null);
    const targets = answer ? ((await answer.json()) as { webSocketDebuggerUrl?: string }[]) : [];
    const url = targets.at(0)?.webSocketDebuggerUrl;
    if (url !== undefined) {
      const socket = new WebSocket(url);
      await once(socket, 'open');
      return socket;
    }
    await pause(50);
  }
  throw new Error(`the inspector did not open within ${openMs} ms`);
}

function caller(socket: WebSocket): Call {
  const waiting = new Map<number, (result: unknown) => void>();
  let next = 1;
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  return (method, params = {}) => {
    const id = next++;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
}
