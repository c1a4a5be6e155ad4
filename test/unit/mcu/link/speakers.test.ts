import { SpeakerInfo } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import { Speakers } from '../../../../mcu/link/speakers.ts';

const speaker = (sid: string, level: number, active = level > 0): SpeakerInfo =>
  new SpeakerInfo({ sid, level, active });
const identityOf = (sid: string): string | null => (sid === 'PA_gone' ? null : sid.replace('PA_', ''));

describe('those who speak', () => {
  it('are told by identity, the loudest first', () => {
    const speakers = new Speakers();
    speakers.update([speaker('PA_anna', 0.2), speaker('PA_ben', 0.7)]);
    expect(speakers.changed(identityOf)).toEqual(['ben', 'anna']);
    speakers.update([speaker('PA_anna', 0.9)]);
    expect(speakers.changed(identityOf)).toEqual(['anna', 'ben']);
  });

  it('are told only when they or their order changed', () => {
    const speakers = new Speakers();
    expect(speakers.changed(identityOf)).toBeNull();
    speakers.update([speaker('PA_anna', 0.2)]);
    expect(speakers.changed(identityOf)).toEqual(['anna']);
    speakers.update([speaker('PA_anna', 0.3)]);
    expect(speakers.changed(identityOf)).toBeNull();
    speakers.update([speaker('PA_anna', 0)]);
    expect(speakers.changed(identityOf)).toEqual([]);
  });

  it('are forgotten once they are of no interest, since nobody tells that they fell silent', () => {
    const speakers = new Speakers();
    speakers.update([speaker('PA_anna', 0.2), speaker('PA_ben', 0.7)]);
    expect(speakers.changed(identityOf)).toEqual(['ben', 'anna']);
    expect(speakers.changed((sid) => (sid === 'PA_ben' ? null : 'anna'))).toEqual(['anna']);
    expect(speakers.changed(identityOf)).toBeNull();
  });
});
