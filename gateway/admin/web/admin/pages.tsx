import { type ComponentType, lazy, type ReactNode } from 'react';

// Each page is a file of its own: who looks at calls does not load the editor.
const PlanList = page(() => import('../plans/plan-list.tsx').then((file) => file.PlanList));
const PlanPage = page(() => import('../plans/plan-page.tsx').then((file) => file.PlanPage));
const MeetingsPage = page(() => import('../meetings/meetings-page.tsx').then((file) => file.MeetingsPage));
const MeetingPage = page(() => import('../meetings/meeting-page.tsx').then((file) => file.MeetingPage));
const CallsPage = page(() => import('../calls/calls-page.tsx').then((file) => file.CallsPage));
const CallPage = page(() => import('../calls/call-page.tsx').then((file) => file.CallPage));
const WebhooksPage = page(() => import('../webhooks/webhooks-page.tsx').then((file) => file.WebhooksPage));
const WebhookPage = page(() => import('../webhooks/webhook-page.tsx').then((file) => file.WebhookPage));
const AuditPage = page(() => import('../audit/audit-page.tsx').then((file) => file.AuditPage));

function page<P extends object>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => ({ default: await load() }));
}

/** One thing by its name, or all of its kind. */
const things = new Map<string, (name: string) => ReactNode>([
  ['dial-plans', (name) => <PlanPage key={name} name={name} />],
  ['meetings', (id) => <MeetingPage key={id} id={id} />],
  ['calls', (id) => <CallPage key={id} id={id} />],
  ['webhooks', (id) => <WebhookPage key={id} id={id} />],
]);
const kinds = new Map<string, ReactNode>([
  ['dial-plans', <PlanList key="dial-plans" />],
  ['meetings', <MeetingsPage key="meetings" />],
  ['calls', <CallsPage key="calls" />],
  ['webhooks', <WebhooksPage key="webhooks" />],
  ['audit', <AuditPage key="audit" />],
]);

/** What an address below `/admin` shows; the plans where it names nothing else. */
export function pageAt(path: string): ReactNode {
  const [, kind = '', name = ''] = /^\/admin\/([^/]+)(?:\/([^/]+))?\/?$/.exec(path) ?? [];
  const thing = name === '' ? undefined : things.get(kind);
  return thing?.(decodeURIComponent(name)) ?? kinds.get(kind) ?? <PlanList />;
}
