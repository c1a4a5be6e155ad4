import { pinOf, shownNumbers, titleOf } from './facts.ts';
import type { InvitationFacts } from './facts.ts';
import { invitationWords, timeInWords } from './words.ts';

/** Outlook lays out with Word and Gmail drops style sheets: tables, and styles in place. */
const styles = {
  page: 'margin:0;padding:16px;font-family:Segoe UI,Arial,sans-serif;font-size:14px;color:#1f2328;background:#ffffff',
  title: 'margin:0 0 8px 0;font-size:20px;line-height:26px;font-weight:bold;color:#1f2328',
  name: 'padding:6px 16px 6px 0;vertical-align:top;color:#57606a;white-space:nowrap',
  value: 'padding:6px 0;vertical-align:top;color:#1f2328',
  link: 'color:#0b57d0',
  pin: 'font-size:18px;font-weight:bold;letter-spacing:1px',
  note: 'margin:12px 0 0 0;color:#57606a',
} as const;

/** A whole page, so that it can be read by itself and copied into a message. */
export function invitationHtml(facts: InvitationFacts): string {
  const { meeting, language } = facts;
  const title = escape(titleOf(meeting));
  return [
    `<!DOCTYPE html>`,
    `<html lang="${language}"><head><meta charset="utf-8"><title>${title}</title></head>`,
    `<body style="${styles.page}">`,
    invitationBody(facts),
    '</body></html>',
    '',
  ].join('\n');
}

function invitationBody(facts: InvitationFacts): string {
  const { meeting, language, host, sipUri, webUrl, role } = facts;
  const words = invitationWords[language];
  const pin = pinOf(facts);
  const numbers = shownNumbers(facts).map(
    ({ shown, href, place }) => `${link(href, shown)}${place === null ? '' : ` (${escape(place)})`}`,
  );
  const note = role === 'host' ? words.hostNote : meeting.waitForHost ? words.lobby : null;
  return [
    `<p style="${styles.title}">${escape(titleOf(meeting))}</p>`,
    host === null ? '' : `<p style="margin:0 0 8px 0">${escape(words.invited(host))}</p>`,
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse">',
    meeting.schedule === null ? '' : row(words.when, escape(timeInWords(meeting.schedule, language))),
    row(words.inBrowser, link(webUrl, webUrl)),
    numbers.length === 0 ? '' : row(words.byPhone, numbers.join('<br>')),
    pin === null
      ? ''
      : row(words.pinLabel, `<span style="${styles.pin}">${escape(pin)}</span> ${escape(words.hash)}`),
    row(words.bySip, link(sipUri, sipUri)),
    row(words.meetingNumber, escape(meeting.number)),
    '</table>',
    note === null ? '' : `<p style="${styles.note}">${escape(note)}</p>`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function row(name: string, value: string): string {
  return `<tr><td style="${styles.name}">${escape(name)}</td><td style="${styles.value}">${value}</td></tr>`;
}

function link(href: string, text: string): string {
  return `<a href="${escape(href)}" style="${styles.link}">${escape(text)}</a>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]);
}
