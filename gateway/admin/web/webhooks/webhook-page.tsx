import { useCallback, useEffect, useState } from 'react';
import { Facts } from '../admin/facts.tsx';
import { go, Link } from '../admin/navigation.tsx';
import { Opening } from '../admin/opening.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { useTitle } from '../admin/use-title.ts';
import '../styles/webhooks.css';
import { changeWebhook, fetchWebhook, sendTest } from './api.ts';
import { Deliveries } from './deliveries.tsx';
import { ChangeWebhook, NewSecret, RemoveWebhook, SecretDialog } from './webhook-dialogs.tsx';
import { WebhookBadges } from './webhooks-page.tsx';
import type { Webhook } from './shapes.ts';

/** One webhook: where to, whether it goes well, and what was sent to it. */
export function WebhookPage({ id }: { id: string }) {
  const [webhook, setWebhook] = useState<Webhook | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const look = useCallback(() => {
    fetchWebhook(id).then(setWebhook, setTrouble);
  }, [id]);
  useEffect(look, [look]);
  return (
    <>
      <nav aria-label="Where this is" className="small">
        <Link to="/admin/webhooks">Webhooks</Link>
      </nav>
      {webhook === null && <Opening what="webhook" trouble={trouble} />}
      {webhook !== null && <Shown webhook={webhook} onChanged={setWebhook} look={look} />}
    </>
  );
}

interface Props {
  readonly webhook: Webhook;
  readonly onChanged: (webhook: Webhook) => void;
  readonly look: () => void;
}

type Asked = 'change' | 'secret' | 'remove';

function Shown({ webhook, onChanged, look }: Props) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const task = useTask();
  const title = webhook.title === '' ? webhook.url : webhook.title;
  useTitle(`${title} · Webhooks`);
  const close = (): void => setAsked(null);
  const toggle = async (): Promise<void> =>
    onChanged(await changeWebhook(webhook, { active: !webhook.active }));
  const test = async (): Promise<void> => {
    await sendTest(webhook);
    setSent((before) => before + 1);
  };
  const act = (work: () => Promise<void>) => (): void => void task.run(work);
  return (
    <>
      <div className="headline">
        <h1>{title}</h1>
        <WebhookBadges webhook={webhook} />
        <div className="buttons">
          <button type="button" className="quiet" disabled={task.busy} onClick={act(test)}>
            Send a test
          </button>
          <button type="button" className="quiet" disabled={task.busy} onClick={act(toggle)}>
            {webhook.active ? 'Switch off' : 'Switch on'}
          </button>
          <button type="button" className="quiet" onClick={() => setAsked('change')}>
            Change …
          </button>
          <button type="button" className="quiet" onClick={() => setAsked('secret')}>
            New secret …
          </button>
          <button type="button" className="quiet" onClick={() => setAsked('remove')}>
            Remove …
          </button>
        </div>
      </div>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {webhook.stopped !== null && (
        <p className="note warn">
          The gateway switched it off: {webhook.stopped}. What happens meanwhile is not kept for it.
        </p>
      )}
      <About webhook={webhook} />
      <Deliveries id={webhook.id} sent={sent} onLooked={look} />
      {asked === 'change' && (
        <ChangeWebhook
          webhook={webhook}
          onClose={close}
          onChanged={(changed) => {
            close();
            onChanged(changed);
          }}
        />
      )}
      {asked === 'secret' && (
        <NewSecret
          webhook={webhook}
          onClose={close}
          onMade={(made) => {
            close();
            setSecret(made);
          }}
        />
      )}
      {secret !== null && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
      {asked === 'remove' && (
        <RemoveWebhook webhook={webhook} onClose={close} onRemoved={() => go('/admin/webhooks')} />
      )}
    </>
  );
}

function About({ webhook: { url, tenant, events, createdAt, changedAt } }: { webhook: Webhook }) {
  return (
    <section className="card hook-facts" aria-labelledby="about">
      <h2 id="about">About it</h2>
      <Facts
        of={[
          ['Address', url],
          ['Events', events.length === 0 ? 'all' : events.join(', ')],
          ['Tenant', tenant ?? 'all'],
          ['Added', showTime(createdAt)],
          createdAt === changedAt ? null : ['Changed', showTime(changedAt)],
        ]}
      />
    </section>
  );
}
