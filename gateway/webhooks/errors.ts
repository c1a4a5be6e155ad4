import { GatewayError } from '../errors.ts';

export class WebhookUrlRefused extends GatewayError {
  constructor(problem: string) {
    super({
      code: 'WEBHOOK_URL_REFUSED',
      httpStatus: 400,
      message: problem,
      remedy: 'Use an https:// URL of a public host, or of this machine (http://localhost).',
      errors: [{ path: '/url', message: problem }],
    });
  }
}

/** Somebody else changed it since it was read. */
export class WebhookChanged extends GatewayError {
  constructor() {
    super({
      code: 'WEBHOOK_CHANGED',
      httpStatus: 412,
      message:
        'The webhook is not as you saw it any more: somebody else changed it, or the gateway stopped it.',
      remedy: 'Get it again and send your change with its new ETag.',
    });
  }
}

/** The database does not answer. */
export class WebhooksUnavailable extends GatewayError {
  constructor(cause: unknown) {
    super({
      code: 'WEBHOOKS_UNAVAILABLE',
      httpStatus: 503,
      message: 'Webhooks can’t be read or written: the database does not answer.',
      remedy: 'Check the database (/readyz, part records) and try again.',
      cause,
    });
  }
}
