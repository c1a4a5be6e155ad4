import type { AppRequest } from '../admin/types.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { readSessionExpires, SessionTimer } from '../dialogs/session-timer.ts';
import type { Headers } from '../message/headers.ts';
import type { Context } from './context.ts';
import { endDialog } from './end.ts';
import { refreshSession, sessionExpires } from './refresh.ts';
import { changesSession } from './rules.ts';

const expired = 'SIP;cause=408;text="Session expired"';

/**
 * RFC 4028 §7.2, §9: a 2xx to INVITE or UPDATE says how long the session lasts and who refreshes it; one that says
 * nothing takes the limit away. The app writes it into its 2xx, or hears it in the peer's; the timer runs here, as
 * it does in drachtio-server. `ours`: the request was.
 */
export function settleSession(context: Context, dialog: Dialog, headers: Headers, ours: boolean): void {
  const expires = readSessionExpires(headers);
  if (!expires) {
    dialog.session?.stop();
    dialog.session = undefined;
    return;
  }
  dialog.session ??= new SessionTimer(context.timers, {
    refresh: () => void refresh(context, dialog),
    expire: () => endDialog(context, dialog, expired, 'session-expired'),
  });
  // Without a word of who refreshes, the one that asked does.
  dialog.session.start(expires.seconds, ours === (expires.refresher !== 'uas'));
}

function refresh(context: Context, dialog: Dialog): Promise<void> {
  return refreshSession(context, dialog, ({ headers }) => {
    // RFC 4028 §7.2: a peer that says nothing of it knows no session timers; we go on alone.
    if (headers.has('Session-Expires')) settleSession(context, dialog, headers, true);
    else dialog.session?.start(dialog.session.seconds, true);
  });
}

/** RFC 4028 §7.4: an app's own re-INVITE or UPDATE refreshes the session too, in the roles that there are. */
export function withSession(dialog: Dialog, request: AppRequest): AppRequest {
  const { session } = dialog;
  if (!session || !changesSession.has(request.method) || request.headers.has('Session-Expires'))
    return request;
  const headers = request.headers.clone();
  headers.append('Session-Expires', sessionExpires(session));
  return { ...request, headers };
}
