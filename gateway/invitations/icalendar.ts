import ICAL from 'ical.js';

// What the library, older than RFC 7986, doesn't know: FEATURE is a list (§6.3), and that Outlook's HTML is a text.
const { param, property } = ICAL.design.icalendar as Record<'param' | 'property', Record<string, object>>;
param['feature'] = { multiValue: ',' };
property['x-alt-desc'] = { defaultType: 'text' };

const longestLine = 75;

/** RFC 5545 §3.1: lines of 75 octets at most, no character cut in two. The library counts the space before them not. */
export function writeCalendar(calendar: ICAL.Component): string {
  const lines = calendar
    .toString()
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/);
  return `${lines.map(fold).join('\r\n')}\r\n`;
}

function fold(line: string): string {
  let folded = '';
  let octets = 0;
  for (const character of line) {
    const more = Buffer.byteLength(character);
    if (octets + more > longestLine) {
      folded += '\r\n ';
      octets = 1;
    }
    folded += character;
    octets += more;
  }
  return folded;
}

export { ICAL };
