import type { Webhook, WebhookDesk } from '../../gateway/ports.ts';

export const aWebhook: Webhook = {
  id: 'whk_1',
  tenant: null,
  url: 'https://hooks.example/gateway',
  title: '',
  events: [],
  active: true,
  stopped: null,
  failingSince: null,
  createdAt: '2026-01-02T03:04:05.000Z',
  changedAt: '2026-01-02T03:04:05.000Z',
  version: 1,
};

/** One webhook that nothing is sent to. */
export class FakeWebhooks implements WebhookDesk {
  #one: Webhook | null = aWebhook;

  create(details: Parameters<WebhookDesk['create']>[0]): ReturnType<WebhookDesk['create']> {
    this.#one = { ...aWebhook, ...details };
    return Promise.resolve({ webhook: this.#one, secret: 'whsec_c2VjcmV0' });
  }

  list(): Promise<readonly Webhook[]> {
    return Promise.resolve(this.#one ? [this.#one] : []);
  }

  get(id: string): Promise<Webhook | null> {
    return Promise.resolve(this.#one?.id === id ? this.#one : null);
  }

  async change(id: string, _version: number | null, change: Partial<Webhook>): Promise<Webhook | null> {
    const found = await this.get(id);
    if (found) this.#one = { ...found, ...change, version: found.version + 1 };
    return found && this.#one;
  }

  async renewSecret(id: string): Promise<string | null> {
    return (await this.get(id)) && 'whsec_bmV3';
  }

  async remove(id: string): Promise<boolean> {
    const found = (await this.get(id)) !== null;
    if (found) this.#one = null;
    return found;
  }

  async test(id: string): Promise<boolean> {
    return (await this.get(id)) !== null;
  }

  deliveries(): ReturnType<WebhookDesk['deliveries']> {
    return Promise.resolve({ deliveries: [], next: null });
  }

  replay(_id: string, delivery: string): Promise<boolean> {
    return Promise.resolve(delivery === 'dlv_1');
  }

  replaySince(): Promise<number> {
    return Promise.resolve(3);
  }

  status(): ReturnType<WebhookDesk['status']> {
    return { unwritten: 0, lost: 0, delivered: 0, failed: 0 };
  }
}
