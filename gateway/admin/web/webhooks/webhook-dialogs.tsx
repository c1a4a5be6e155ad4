import { CopyButton } from '../copy-button.tsx';
import { ConfirmDialog } from '../admin/confirm-dialog.tsx';
import { Dialog } from '../admin/dialog.tsx';
import { addWebhook, changeWebhook, removeWebhook, renewSecret } from './api.ts';
import { WebhookForm } from './webhook-form.tsx';
import type { Webhook } from './shapes.ts';

interface NewProps {
  readonly onClose: () => void;
  readonly onAdded: (added: { readonly id: string; readonly secret: string }) => void;
}

export function NewWebhook({ onClose, onAdded }: NewProps) {
  return (
    <Dialog title="Add a webhook" onClose={onClose}>
      <WebhookForm
        webhook={null}
        action="Add it"
        onClose={onClose}
        onSave={async (details) => onAdded(await addWebhook(details))}
      />
    </Dialog>
  );
}

/** Shown once: the gateway never tells it again. */
export function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title="Its secret" onClose={onClose}>
      <div className="fields">
        <p>
          Each request is signed with it (Standard Webhooks). Keep it where the receiver finds it: it is shown
          this once.
        </p>
        <input
          readOnly
          aria-label="Secret"
          className="secret"
          value={secret}
          onFocus={(event) => event.target.select()}
        />
        <div className="buttons">
          <CopyButton text={secret} label="Copy it" />
          <button type="button" className="primary" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

interface Props {
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

export function ChangeWebhook({
  webhook,
  onClose,
  onChanged,
}: Props & { onChanged: (changed: Webhook) => void }) {
  return (
    <Dialog title="Change the webhook" onClose={onClose}>
      <WebhookForm
        webhook={webhook}
        action="Save"
        onClose={onClose}
        onSave={async (details) => onChanged(await changeWebhook(webhook, details))}
      />
    </Dialog>
  );
}

export function NewSecret({ webhook, onClose, onMade }: Props & { onMade: (secret: string) => void }) {
  return (
    <ConfirmDialog
      title="Make a new secret?"
      action="Make a new one"
      back="Keep the old one"
      onClose={onClose}
      onConfirm={async () => onMade(await renewSecret(webhook))}
    >
      <p>The old one counts no more at once: until the receiver has the new one, it refuses what is sent.</p>
    </ConfirmDialog>
  );
}

export function RemoveWebhook({ webhook, onClose, onRemoved }: Props & { onRemoved: () => void }) {
  const remove = async (): Promise<void> => {
    await removeWebhook(webhook);
    onRemoved();
  };
  return (
    <ConfirmDialog
      title={`Remove “${webhook.title === '' ? webhook.url : webhook.title}”?`}
      action="Remove"
      onClose={onClose}
      onConfirm={remove}
    >
      <p>It is told nothing more, and what waits for it is not sent. Its log goes with it.</p>
    </ConfirmDialog>
  );
}
