/**
 * Which engine mixes for the media nodes of a suite: the node's contract is tested once with each (vitest.config.ts).
 */
import type { MediaNodeOptions } from '../../mcu/control/start-node.ts';
import type { Mixing } from '../../gateway/mixing/mixing.ts';
import { openMixing } from '../../gateway/mixing/open.ts';
import { FakeDrains } from '../fakes/drains.ts';
import { embeddedEdge } from './edge-under-test.ts';
import { startFreeSwitch } from './freeswitch.ts';
import type { TestFreeSwitch } from './freeswitch.ts';
import { testUnless } from './needs.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { serverPlace } from './server-place.ts';

export const engineName = process.env.MEDIA_ENGINE === 'freeswitch' ? 'freeswitch' : 'embedded';

/** What runs beside the node. */
export interface EngineUnderTest {
  readonly mixer: MediaNodeOptions['mixer'];
  close(): Promise<void>;
}

/** The one that the suite runs with. */
export function openEngine(promptFolder: string, lines: LogLine[]): Promise<EngineUnderTest> {
  if (engineName === 'freeswitch') return FreeSwitchBeside.open(promptFolder, lines);
  return Promise.resolve({ mixer: undefined, close: () => Promise.resolve() });
}

/** A real FreeSWITCH, and what drives it for a node as the gateway does. */
export class FreeSwitchBeside implements EngineUnderTest {
  readonly mixer: MediaNodeOptions['mixer'];
  freeSwitch: TestFreeSwitch;
  readonly #closers: (() => Promise<void>)[];

  private constructor(freeSwitch: TestFreeSwitch, mixing: Mixing, closers: (() => Promise<void>)[]) {
    this.freeSwitch = freeSwitch;
    this.mixer = { host: mixing, mediaHost: '127.0.0.1' };
    this.#closers = closers;
  }

  static async open(promptFolder: string, lines: LogLine[]): Promise<FreeSwitchBeside> {
    const freeSwitch = await startFreeSwitch();
    const edge = await embeddedEdge();
    const mixing = await openMixing({
      servers: [freeSwitch],
      edge: { servers: [serverPlace(edge.adminPort, edge.secret)], plainAnywhere: false },
      gateway: 'contract',
      ownAddress: null,
      promptFolder,
      theirPromptFolder: promptFolder,
      drains: new FakeDrains(),
      log: quietLog(lines),
    });
    return new FreeSwitchBeside(freeSwitch, mixing, [() => mixing.close(), () => edge.close()]);
  }

  /** After its death, on the same port. */
  async startAgain(): Promise<void> {
    const { port } = this.freeSwitch;
    await this.freeSwitch.close();
    this.freeSwitch = await startFreeSwitch({ esl_port: String(port) });
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    await this.freeSwitch.close();
  }
}

/** A test of what only the embedded engine does, or only it is asked to. */
export function embeddedTest(why: string): ReturnType<typeof testUnless> {
  return testUnless(engineName === 'embedded' ? null : why);
}
