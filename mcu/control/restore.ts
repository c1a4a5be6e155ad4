import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { RemoteLeg } from './remote-leg.ts';
import { isClosed } from './way.ts';
import type { NodeChannel } from './way.ts';

/** A join costs the SFU some 20 ms: more at once would only wait there, towards their deadlines. */
const joinsAtOnce = 10;

/** Hands a dead process's legs to a new one: first all their streams, then their way back into the rooms. */
export async function restoreLegs(legs: readonly RemoteLeg[], channel: NodeChannel, log: Log): Promise<void> {
  const sinceMs = performance.now();
  const restored: RemoteLeg[] = [];
  await Promise.all(
    legs.map(async (leg) => {
      try {
        await leg.restore(channel);
        restored.push(leg);
      } catch (error) {
        // When this process died too, the next one gets the legs.
        if (isClosed(error) && channel.closed) return;
        log.error({ leg: leg.id, error: messageOf(error) }, 'leg can not be restored');
        leg.lose();
      }
    }),
  );
  if (channel.closed) return;
  const tookMs = Math.round(performance.now() - sinceMs);
  log.warn({ legs: restored.length, of: legs.length, tookMs }, 'a new media node goes on with the calls');
  const waiting = restored.values();
  await Promise.all(
    Array.from({ length: joinsAtOnce }, async () => {
      for (const leg of waiting) await leg.rejoin(channel);
    }),
  );
}
