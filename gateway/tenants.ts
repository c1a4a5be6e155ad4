import type { Plan, Tenant } from '../dialplans/plan.ts';
import type { InvitedNumber, TenantView } from './admin/context.ts';
import type { Config } from './config/schema.ts';
import type { PinLengths } from './rooms/pins.ts';

/** What tenants of the dial plan have of their own; where they say nothing, the configuration does. */
export class Tenants {
  readonly #config: Config;
  #plans: { current(): Plan } | null = null;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Meetings are opened before the plans are. */
  follow(plans: { current(): Plan }): void {
    this.#plans = plans;
  }

  pinLengths(tenant: string): PinLengths {
    const { host, guest } = this.#of(tenant)?.pins ?? { host: null, guest: null };
    const { hostPinDigits, guestPinDigits } = this.#config.meetings;
    return { host: host ?? hostPinDigits, guest: guest ?? guestPinDigits };
  }

  /** @param number the one that asks for PINs where the plan has none to invite to */
  view(tenant: string, number: string): TenantView {
    const found = this.#of(tenant);
    const own = [...(this.#plans?.current().numbers.values() ?? [])];
    const numbers = own.filter((one) => one.tenant === tenant && one.invite);
    const plain: InvitedNumber = { number, country: null, label: null };
    return {
      title: found?.title ?? null,
      language: found?.language ?? this.#config.calls.language,
      numbers: numbers.length === 0 ? [plain] : numbers,
    };
  }

  #of(tenant: string): Tenant | undefined {
    return this.#plans?.current().tenants.get(tenant);
  }
}
