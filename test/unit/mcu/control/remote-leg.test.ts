import { beforeEach, describe, expect, test } from 'vitest';
import { RemoteLeg } from '../../../../mcu/control/remote-leg.ts';
import type { NodeChannel } from '../../../../mcu/control/way.ts';
import { MediaError } from '../../../../mcu/errors.ts';
import type { LegMediaConfig } from '../../../../mcu/ports.ts';

/** A node's process, as the gateway sees it: what is asked of it, and an answer to each. */
class Process {
  closed = false;
  readonly asked: [name: string, params: Record<string, unknown>][] = [];
  readonly answers: Record<string, unknown> = {
    openVideo: { rtpPort: 4002, rtcpPort: 4003 },
    join: { participantSid: 'PA_1', codec: 'PCMU' },
  };
  readonly refuses = new Set<string>();

  get channel(): NodeChannel {
    return this as unknown as NodeChannel;
  }

  call(name: string, params: Record<string, unknown>): Promise<unknown> {
    this.asked.push([name, params]);
    return this.refuses.has(name)
      ? Promise.reject(new MediaError('INTERNAL', `${name} failed`))
      : Promise.resolve(this.answers[name] ?? null);
  }

  last(name: string): Record<string, unknown> | undefined {
    return this.asked.findLast(([one]) => one === name)?.[1];
  }
}

const local = { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001, fingerprint: null, video: null };
let process: Process;
let leg: RemoteLeg;

beforeEach(() => {
  process = new Process();
  leg = new RemoteLeg('leg', local as never, process.channel, () => undefined);
});

/** The process dies; gives the next one, which has the leg. */
async function nextProcess(): Promise<Process> {
  process.closed = true;
  leg.interrupt();
  const next = new Process();
  await leg.restore(next.channel);
  return next;
}

describe('what a leg’s next process is told', () => {
  test('of a leg that nothing was said of', async () => {
    expect((await nextProcess()).last('restoreLeg')).toEqual({
      ...{
        leg: 'leg',
        rtpPort: 4000,
        config: null,
        hear: 'nothing',
        muted: false,
        cameraMuted: false,
        silent: false,
        connected: null,
      },
      look: { screen: null, banner: null, layout: 'auto', own: 'auto' },
      ...{ peer: null, path: null, srtp: null, video: null },
    });
  });

  test('is all that the last one was told, and has told', async () => {
    const config = { codec: 'PCMA', direction: 'sendrecv' } as LegMediaConfig;
    await leg.configure(config);
    await leg.openVideo();
    await leg.hear('room');
    await leg.setMuted(true);
    await leg.connect('bridge/1');
    await leg.setBanner('hello');
    await leg.setLayout('grid', 'small');
    leg.cameraMutedByHost(true);
    leg.silentFor(5000);
    const peer = { address: '198.51.100.1', port: 5000, ssrc: 7 };
    const srtp = { streams: [] };
    leg.memory.peerIs('audio', peer);
    leg.memory.srtpIs('video', srtp);
    const next = await nextProcess();
    expect(next.last('restoreLeg')).toMatchObject({
      ...{ config, hear: 'room', muted: true, cameraMuted: true, silent: true, peer, srtp: null },
      connected: 'bridge/1',
      look: { screen: null, banner: 'hello', layout: 'grid', own: 'small' },
      video: { rtpPort: 4002, peer: null, srtp },
    });
  });

  test('is not what the last one refused', async () => {
    process.refuses.add('hear').add('setMuted');
    await expect(leg.hear('room')).rejects.toThrow('hear failed');
    await expect(leg.setMuted(true)).rejects.toThrow('setMuted failed');
    expect((await nextProcess()).last('restoreLeg')).toMatchObject({ hear: 'nothing', muted: false });
  });

  test('is asked for after all, when it was asked of none', async () => {
    leg.interrupt();
    const hearing = leg.hear('room');
    const next = new Process();
    await leg.restore(next.channel);
    await hearing;
    expect(next.last('hear')).toEqual({ leg: 'leg', source: 'room' });
  });
});

describe('what a leg is played', () => {
  test('ends as the node says', async () => {
    const played = leg.play(['a.wav'], { loop: true });
    const { play } = process.last('play') as { play: number };
    expect(process.last('play')).toEqual({ leg: 'leg', play, files: ['a.wav'], loop: true });
    leg.played(play + 1, 'failed');
    leg.played(play, 'finished');
    expect(await played).toBe('finished');
  });

  test('is one thing at a time, and stops when it is called off', async () => {
    const stop = new AbortController();
    const first = leg.play(['a.wav']);
    const second = leg.play(['b.wav'], { signal: stop.signal });
    expect(await first).toBe('stopped');
    const { play } = process.last('play') as { play: number };
    stop.abort();
    expect(await second).toBe('stopped');
    expect(process.last('stopPlaying')).toEqual({ leg: 'leg', play });
    expect(await leg.play(['c.wav'], { signal: stop.signal })).toBe('stopped');
    expect(process.last('play')).toMatchObject({ files: ['b.wav'] });
  });

  test('fails when the node can not read it, or does not take it', async () => {
    const unreadable = leg.play(['a.wav']);
    leg.played((process.last('play') as { play: number }).play, 'failed');
    await expect(unreadable).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
    process.refuses.add('play');
    await expect(leg.play(['a.wav'])).rejects.toThrow('play failed');
  });

  test('begins again in the next process, and not when it is over', async () => {
    void leg.play(['a.wav']);
    const next = await nextProcess();
    expect(next.last('play')).toMatchObject({ files: ['a.wav'] });
    leg.played((next.last('play') as { play: number }).play, 'finished');
    expect((await nextProcess()).last('play')).toBeUndefined();
  });

  test('is stopped by the leg’s end', async () => {
    const played = leg.play(['a.wav']);
    await leg.close();
    expect(await played).toBe('stopped');
    expect(await leg.play(['a.wav'])).toBe('stopped');
  });
});
