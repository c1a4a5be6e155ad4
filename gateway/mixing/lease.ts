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
  const renew = (): void => {
    const again = Promise.all([api(`sched_del ${uuid}`), api(`sched_hangup +${seconds} ${uuid} lease`)]);
    again.catch(onFailed);
  };
  renew();
  const timer = setInterval(renew, renewMs);
  return () => clearInterval(timer);
}
