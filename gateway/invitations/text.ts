import { pinOf, shownNumbers, titleOf } from './facts.ts';
import type { InvitationFacts } from './facts.ts';
import { invitationWords, timeInWords } from './words.ts';

/** For an e-mail in plain text. */
export function invitationText(facts: InvitationFacts): string {
  const { meeting, language, host, sipUri, webUrl, role } = facts;
  const words = invitationWords[language];
  const pin = pinOf(facts);
  const numbers = shownNumbers(facts);
  const lines = [
    titleOf(meeting),
    ...(host === null ? [] : [words.invited(host)]),
    '',
    ...(meeting.schedule === null ? [] : [`${words.when}: ${timeInWords(meeting.schedule, language)}`, '']),
    `${words.inBrowser}: ${webUrl}`,
    ...(numbers.length === 0
      ? []
      : [
          `${words.byPhone}:`,
          ...numbers.map(({ shown, place }) => `  ${shown}${place === null ? '' : ` (${place})`}`),
          `  ${words.pin(pin ?? '')}`,
        ]),
    `${words.bySip}: ${sipUri}`,
    `${words.meetingNumber}: ${meeting.number}`,
    ...(role === 'host' ? ['', words.hostNote] : meeting.waitForHost ? ['', words.lobby] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same in one paragraph, without the time. */
export function invitationLine(facts: InvitationFacts): string {
  const words = invitationWords[facts.language];
  const first = shownNumbers(facts).at(0);
  const pin = pinOf(facts);
  const phone =
    first === undefined || pin === null ? '' : `${words.byPhone}: ${first.shown}, ${words.pin(pin)}. `;
  return `${phone}${words.bySip}: ${facts.sipUri}. ${words.inBrowser}: ${facts.webUrl}`;
}
