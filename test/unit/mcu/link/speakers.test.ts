import { SpeakerInfo } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import { Speakers } from '../../../../mcu/link/speakers.ts';

const speaker = (sid: string, level: number, active = level > 0): SpeakerInfo =>
  new SpeakerInfo({ sid, level, active });
const identityOf = (sid: string): string | null => (sid === 'PA_gone' ? null : sid.replace('PA_', ''));

const names = (speakers: Speakers, of = identityOf): string[] | null =>
  speakers.changed(of)?.map(({ identity }) => identity) ?? null;

describe('those who speak', () => {
  it('are told by identity, the loudest first', () => {
    const speakers = new Speakers();
    speakers.update([speaker('PA_anna', 0.2), speaker('PA_ben', 0.7)]);
    expect(names(speakers)).toEqual(['ben', 'anna']);
    speakers.update([speaker('PA_anna', 0.9)]);
    expect(names(speakers)).toEqual(['anna', 'ben']);
  });

  it('are told with their loudness as packets bear it (RFC 6464)', () => {
    const speakers = new Speakers();
    speakers.update([speaker('PA_anna', 0.25), speaker('PA_ben', 1)]);
    expect(speakers.changed(identityOf)).toEqual([
      { identity: 'ben', levelDbov: 0 },
      { identity: 'anna', levelDbov: 12 },
    ]);
    speakers.update([speaker('PA_anna', 0.5)]);
    expect(speakers.changed(identityOf)?.[1]).toEqual({ identity: 'anna', levelDbov: 6 });
  });

  it('are told only when they changed, or their loudness clearly did', () => {
    const speakers = new Speakers();
    expect(names(speakers)).toBeNull();
    speakers.update([speaker('PA_anna', 0.2)]);
    expect(names(speakers)).toEqual(['anna']);
    speakers.update([speaker('PA_anna', 0.3)]);
    expect(names(speakers)).toBeNull();
    speakers.update([speaker('PA_anna', 0)]);
    expect(names(speakers)).toEqual([]);
  });

  it('are forgotten once they are of no interest, since nobody tells that they fell silent', () => {
    const speakers = new Speakers();
    speakers.update([speaker('PA_anna', 0.2), speaker('PA_ben', 0.7)]);
    expect(names(speakers)).toEqual(['ben', 'anna']);
    expect(names(speakers, (sid) => (sid === 'PA_ben' ? null : 'anna'))).toEqual(['anna']);
    expect(names(speakers)).toBeNull();
  });
});
