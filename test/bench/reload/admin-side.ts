/** An admin in a process of its own: what sends megabytes must not hold up those who time packets. */
import { LargePlans } from './large-plans.ts';
import type { AdminDoor } from './large-plans.ts';

export type Deed = 'addEcho' | 'save' | 'remove' | 'publish' | 'type';
export type ToAdmin = { readonly door: AdminDoor; readonly rules: number } | { readonly deed: Deed };
export type FromAdmin = { readonly tookMs: number } | { readonly failed: string };

let plans: LargePlans | null = null;

process.on('message', (message: ToAdmin) => {
  if ('door' in message) plans = new LargePlans(message.door, message.rules);
  else
    plans?.[message.deed]().then(
      (tookMs) => answer({ tookMs }),
      (error: unknown) => answer({ failed: String(error) }),
    );
});
process.on('disconnect', () => process.exit());

function answer(said: FromAdmin): void {
  process.send?.(said);
}
