import type { Digest } from './digest.ts';
import type { SipDialog, SipResponse } from './srf-messages.ts';

type OnFinal = (error: unknown, res?: SipResponse) => void;

/** A dialog of ours with somebody who wants to know who sends each request (RFC 3261 §22.3): BYE, INFO, OPTIONS. */
export function authenticated(dialog: SipDialog, digest: Digest, remoteTarget: string): SipDialog {
  let uri = remoteTarget;
  const send = (options: Parameters<SipDialog['request']>[0], done: OnFinal): void => {
    const proofs = digest.begin();
    const once = (): void => {
      const { method, headers, body = '' } = options;
      const proven = { ...headers, ...digest.fields({ method, uri, body }) };
      dialog.request({ ...options, headers: proven }, (error, res) => {
        if (res && res.status < 200) return;
        // What the request really went to; a re-INVITE may have moved it.
        uri = res?.req?.uri ?? uri;
        if (res && proofs.again(res)) once();
        else {
          if (res && res.status < 300) digest.accepted(res);
          done(error, res);
        }
      });
    };
    once();
  };
  return {
    id: dialog.id,
    local: dialog.local,
    on: dialog.on.bind(dialog),
    off: dialog.off.bind(dialog),
    request: send,
    // The library's own goodbye forgets the dialog at once, and could not be said again.
    destroy: ({ headers = {} }, done) => send({ method: 'BYE', headers }, (error) => done(error)),
  };
}

/** The Contact of a response: the Request-URI of what comes next (RFC 3261 §12.1.2); null: it can't be read. */
export function contactOf(res: SipResponse): string | null {
  const contact = res.get('contact') ?? '';
  const uri = /<([^>]*)>/.exec(contact)?.[1] ?? contact.split(';', 1)[0];
  return uri.trim() || null;
}
