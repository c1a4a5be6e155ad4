import { describe, expect, it } from 'vitest';
import { readInfo } from '../../../../gateway/sip/info.ts';

describe('digits in INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal= 5\r\nDuration= 160\r\n', '5'],
    ['application/dtmf-relay', 'Signal=*\nDuration=100', '*'],
    ['application/dtmf-relay', 'signal=11\r\nduration=100\r\n', '#'],
    ['application/dtmf-relay', 'Signal=d\r\n', 'D'],
    ['application/dtmf', '7', '7'],
    ['application/dtmf', '10\r\n', '*'],
    ['application/dtmf', 'Signal=3', '3'],
  ])('%s %j is %s', (type, body, digit) => {
    expect(readInfo(type, body)).toEqual({ kind: 'digit', digit });
  });

  it.each([
    ['application/dtmf-relay', '', 'malformed'],
    ['application/dtmf-relay', 'Signal=x\r\n', 'malformed'],
    ['application/dtmf-relay', 'Signal=17\r\n', 'malformed'],
    ['application/dtmf-relay', 'Signal=16\r\n', 'nothing'],
    ['application/dtmf', '12345', 'malformed'],
    ['application/media_control+xml', '<media_control/>', 'nothing'],
    ['', '', 'nothing'],
    ['text/plain', '5', 'unsupported'],
  ])('%s %j is %s', (type, body, kind) => {
    expect(readInfo(type, body)).toEqual({ kind });
  });
});
