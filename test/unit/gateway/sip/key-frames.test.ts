import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askForKeyFrames, readMediaControl } from '../../../../gateway/sip/key-frames.ts';
import type { SendOptions, SipDialog, SipResponse } from '../../../../gateway/sip/srf-messages.ts';
import { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { quietLog } from '../../../support/quiet-log.ts';

describe('a media control body', () => {
  const control = (inner: string): string =>
    `<media_control><vc_primitive><to_encoder>${inner}</to_encoder></vc_primitive></media_control>`;

  it.each([
    ['a key frame', control('<picture_fast_update/>'), 'key-frame'],
    [
      'a key frame, as old stacks write it',
      `<?xml version="1.0"?>\r\n ${control('<picture_fast_update> </picture_fast_update>')}`,
      'key-frame',
    ],
    [
      'a stream’s key frame',
      control('<stream_id>7</stream_id><picture_fast_update></picture_fast_update>'),
      'key-frame',
    ],
    ['something that means nothing to one stream', control('<picture_freeze/>'), 'nothing'],
    ['an error', '<media_control><general_error>can’t</general_error></media_control>', 'error'],
    ['nothing', '', 'malformed'],
    ['another document', '<dialog-info/>', 'malformed'],
    ['a longer name', '<media_controller/>', 'malformed'],
    ['more than anybody sends', control(' '.repeat(5000)), 'malformed'],
    ['spaces that never end', ' '.repeat(4096), 'malformed'],
  ])('asks for %s', (_what, body, meaning) => {
    expect(readMediaControl(body)).toBe(meaning);
  });
});

describe('key frames that a device is asked for', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function asking(status = 200) {
    const sent: string[] = [];
    const dialog = Object.assign(new EventEmitter(), {
      local: { contact: undefined },
      request(options: { method: string } & SendOptions, done: (error: unknown, res?: SipResponse) => void) {
        sent.push(`${options.method} ${options.headers?.['Content-Type'] ?? ''}`);
        done(null, { status } as SipResponse);
      },
    }) as unknown as SipDialog;
    const media = new FakeMediaLeg('leg', 30_000);
    const over = new AbortController();
    const requests = askForKeyFrames(dialog, media, over.signal, quietLog());
    return { sent, over, requests, want: () => media.say('keyFrameWanted') };
  }

  it('are asked for at once, and then once a second at most', () => {
    const { sent, want } = asking();
    want();
    expect(sent).toEqual(['INFO application/media_control+xml']);
    for (let time = 0; time < 20; time++) want();
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    // What was wanted meanwhile is not forgotten.
    expect(sent).toHaveLength(2);
    vi.advanceTimersByTime(5000);
    expect(sent).toHaveLength(2);
    want();
    expect(sent).toHaveLength(3);
  });

  it.each([405, 415, 501])('are not asked for again after %i', (status) => {
    const { sent, want } = asking(status);
    want();
    vi.advanceTimersByTime(5000);
    want();
    expect(sent).toHaveLength(1);
  });

  it('are asked for again after an error that passes', () => {
    const { sent, want } = asking(500);
    want();
    vi.advanceTimersByTime(1000);
    want();
    expect(sent).toHaveLength(2);
  });

  it('are not asked for any more once it reports an error, or the call is over', () => {
    const first = asking();
    first.requests.refused();
    first.want();
    expect(first.sent).toEqual([]);
    const second = asking();
    second.want();
    second.want();
    second.over.abort();
    vi.advanceTimersByTime(5000);
    second.want();
    expect(second.sent).toHaveLength(1);
  });
});
