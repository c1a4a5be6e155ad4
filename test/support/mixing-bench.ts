/** What a suite of the mixing tier starts: an edge, FreeSWITCHes, a mixer that drives them and nodes that ask it. */
import { afterEach } from 'vitest';
import type { EslPlace } from '../../gateway/mixing/esl.ts';
import type { Mixing, MixingOptions } from '../../gateway/mixing/mixing.ts';
import { openMixing } from '../../gateway/mixing/open.ts';
import { shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import { FakeDrains } from '../fakes/drains.ts';
import { embeddedEdge, realEdge } from './edge-under-test.ts';
import { startFreeSwitch } from './freeswitch.ts';
import type { TestFreeSwitch } from './freeswitch.ts';
import { MixerNode } from './mixer-node.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { serverPlace } from './server-place.ts';

export class MixingBench {
  readonly lines: LogLine[] = [];
  readonly #closers: (() => unknown)[] = [];

  async freeSwitch(...how: Parameters<typeof startFreeSwitch>): Promise<TestFreeSwitch> {
    const one = await startFreeSwitch(...how);
    this.#closers.push(() => one.close());
    return one;
  }

  async mixing(servers: readonly EslPlace[], options: Partial<MixingOptions> = {}): Promise<Mixing> {
    const edge = realEdge() ?? (await embeddedEdge());
    this.#closers.push(() => edge.close());
    const mixing = await openMixing({
      servers,
      edge: { servers: [serverPlace(edge.adminPort, edge.secret)], plainAnywhere: false },
      gateway: 'bench',
      ownAddress: null,
      promptFolder: shippedPromptFolder(),
      theirPromptFolder: shippedPromptFolder(),
      drains: new FakeDrains(),
      log: quietLog(this.lines),
      ...options,
    });
    this.#closers.push(() => mixing.close());
    return mixing;
  }

  node(mixing: Mixing, name?: string): MixerNode {
    const node = new MixerNode(mixing, name);
    this.#closers.push(() => node.close());
    return node;
  }

  later(close: () => unknown): void {
    this.#closers.push(close);
  }

  said(sentence: string): readonly object[] {
    return this.lines.filter((line) => line.sentence === sentence).map(({ facts }) => facts);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** One for each test of the suite, closed after it. */
export function useMixingBench(): MixingBench {
  const bench = new MixingBench();
  afterEach(() => bench.close());
  return bench;
}
