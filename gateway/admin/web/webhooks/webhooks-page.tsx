import { useState } from 'react';
import { go, Link } from '../admin/navigation.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTitle } from '../admin/use-title.ts';
import '../styles/webhooks.css';
import { usePolled } from '../use-polled.ts';
import { fetchWebhooks } from './api.ts';
import { NewWebhook, SecretDialog } from './webhook-dialogs.tsx';
import type { Webhook } from './shapes.ts';

const lookEveryMs = 10_000;

export const webhookPath = (id: string): string => `/admin/webhooks/${encodeURIComponent(id)}`;

/** Who is told of events, and whether that goes well. */
export function WebhooksPage() {
  const webhooks = usePolled(fetchWebhooks, lookEveryMs);
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState<{ id: string; secret: string } | null>(null);
  useTitle('Webhooks · Interop gateway');
  return (
    <>
      <div className="headline">
        <h1>Webhooks</h1>
        <button type="button" className="primary" onClick={() => setAdding(true)}>
          Add a webhook
        </button>
      </div>
      <p className="muted">
        Your systems are told what happens here by signed requests, which are sent again until they are taken.
      </p>
      {webhooks.state === 'loading' && <p className="muted">One moment …</p>}
      {webhooks.state === 'failed' && <Trouble of={webhooks.error} />}
      {webhooks.state === 'ok' && webhooks.value.length === 0 && (
        <p className="muted">Nobody is told yet. Add the address of a system that shall be.</p>
      )}
      {webhooks.state === 'ok' && (
        <ul className="rows">
          {webhooks.value.map((webhook) => (
            <WebhookRow key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      )}
      {adding && (
        <NewWebhook
          onClose={() => setAdding(false)}
          onAdded={({ id, secret }) => {
            setAdding(false);
            setAdded({ id, secret });
          }}
        />
      )}
      {added !== null && <SecretDialog secret={added.secret} onClose={() => go(webhookPath(added.id))} />}
    </>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const { id, url, title, tenant, events } = webhook;
  return (
    <li className="card row-card">
      <div className="row-head">
        <Link to={webhookPath(id)} className="row-title">
          {title === '' ? url : title}
        </Link>
        <WebhookBadges webhook={webhook} />
      </div>
      <p className="muted">
        {title !== '' && `${url} · `}
        {events.length === 0 ? 'all events' : events.join(', ')}
        {tenant !== null && ` · of the tenant ${tenant}`}
      </p>
    </li>
  );
}

export function WebhookBadges({ webhook: { active, failingSince } }: { webhook: Webhook }) {
  return (
    <span className="badges">
      <span className={active ? 'badge good' : 'badge'}>{active ? 'on' : 'off'}</span>
      {failingSince !== null && <span className="badge warn">failing since {showTime(failingSince)}</span>}
    </span>
  );
}
