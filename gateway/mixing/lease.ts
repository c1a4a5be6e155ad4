/** A channel lives so long after the gateway was last there; it renews that in time. */
export interface Lease {
  readonly seconds: number;
  readonly renewMs: number;
}

/**
 * Keeps a channel alive until the function that comes back is called. A gateway that dies renews nothing: FreeSWITCH
 * ends the channel by itself, with a BYE.
 */
export function keepAlive(
  uuid: string,
  { seconds, renewMs }: Lease,
  api: (command: string) => Promise<string>,
  onFailed: (error: unknown) => void,
): () => void {
  const take = (): Promise<string> => api(`sched_hangup +${seconds} ${uuid} lease`);
  take().catch(onFailed);
  const timer = setInterval(
    () => void Promise.all([api(`sched_del ${uuid}`), take()]).catch(onFailed),
    renewMs,
  );
  return () => clearInterval(timer);
}
