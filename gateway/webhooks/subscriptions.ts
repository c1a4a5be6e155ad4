import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import { eventTypes } from '../event-types.ts';
import type { Clock, Webhook, WebhookDetails } from '../ports.ts';
import type { Db, WebhookRow } from '../records/schema.ts';
import type { PinKeyring } from '../rooms/pin-keyring.ts';
import { registerKey } from '../rooms/pin-key-register.ts';
import { secretOwner } from '../rooms/pin-rotation.ts';
import { urlProblem } from './addresses.ts';
import type { Reach } from './addresses.ts';
import { WebhookChanged, WebhookUrlRefused } from './errors.ts';
import { newSecret } from './signature.ts';

/** Who wants to be told of what, in the database. */
export class Subscriptions {
  readonly #db: Db;
  readonly #ring: PinKeyring;
  readonly #clock: Clock;
  readonly #reach: Reach;

  constructor({ db, ring, clock, reach }: { db: Db; ring: PinKeyring; clock: Clock; reach: Reach }) {
    this.#db = db;
    this.#ring = ring;
    this.#clock = clock;
    this.#reach = reach;
  }

  /** Throws `WebhookUrlRefused`. */
  async create(
    details: Pick<WebhookDetails, 'url'> & Partial<WebhookDetails>,
  ): Promise<{ webhook: Webhook; secret: string }> {
    this.#refuse(details.url);
    const id = `whk_${randomUUID()}`;
    const secret = newSecret();
    const now = this.#now();
    const row: WebhookRow = {
      id,
      tenant: details.tenant ?? null,
      url: details.url,
      title: details.title ?? '',
      events: JSON.stringify(details.events ?? []),
      ...(await this.#seal(id, secret)),
      active: details.active === false ? 0 : 1,
      stopped: null,
      failing_since: null,
      created_at: now,
      changed_at: now,
      version: 1,
    };
    await this.#db.insertInto('webhooks').values(row).execute();
    return { webhook: toWebhook(row), secret };
  }

  async list(): Promise<Webhook[]> {
    const rows = await this.#db
      .selectFrom('webhooks')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(toWebhook);
  }

  async get(id: string): Promise<Webhook | null> {
    const row = await this.#db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toWebhook(row);
  }

  /** Throws `WebhookUrlRefused`, `WebhookChanged`. */
  async change(id: string, version: number | null, change: Partial<WebhookDetails>): Promise<Webhook | null> {
    if (change.url !== undefined) this.#refuse(change.url);
    const found = await this.get(id);
    if (found === null) return null;
    if (version !== null && version !== found.version) throw new WebhookChanged();
    const next = { ...found, ...change };
    const isBack = change.active === true && !found.active;
    const { numUpdatedRows } = await this.#db
      .updateTable('webhooks')
      .set({
        tenant: next.tenant,
        url: next.url,
        title: next.title,
        events: JSON.stringify(next.events),
        active: next.active ? 1 : 0,
        ...(isBack ? { stopped: null, failing_since: null } : {}),
        changed_at: this.#now(),
        version: found.version + 1,
      })
      .where('id', '=', id)
      .where('version', '=', found.version)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new WebhookChanged();
    return this.get(id);
  }

  /** Null: there is no such webhook. */
  async renewSecret(id: string): Promise<string | null> {
    const secret = newSecret();
    const { numUpdatedRows } = await this.#db
      .updateTable('webhooks')
      .set(await this.#seal(id, secret))
      .where('id', '=', id)
      .executeTakeFirst();
    return numUpdatedRows === 1n ? secret : null;
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
    return numDeletedRows === 1n;
  }

  /** Throws `PinKeysUnusable`. */
  unseal(id: string, sealed: string, keyId: string): string {
    return this.#ring.keys().unseal(sealed, keyId, secretOwner(id));
  }

  async #seal(id: string, secret: string): Promise<Pick<WebhookRow, 'secret' | 'key_id'>> {
    const keys = this.#ring.keys();
    await registerKey(this.#db, keys.currentId, this.#now());
    return { secret: keys.seal(secret, secretOwner(id)), key_id: keys.currentId };
  }

  #refuse(url: string): void {
    const problem = urlProblem(url, this.#reach);
    if (problem !== null) throw new WebhookUrlRefused(problem);
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}

function toWebhook(row: Selectable<WebhookRow>): Webhook {
  const wanted = JSON.parse(row.events) as string[];
  return {
    id: row.id,
    tenant: row.tenant,
    url: row.url,
    title: row.title,
    events: eventTypes.filter((type) => wanted.includes(type)),
    active: row.active !== 0,
    stopped: row.stopped,
    failingSince: row.failing_since,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    version: row.version,
  };
}
