/** The media node's process with links to the fake SFU; everything else is the product's. */
import { runAsChild } from '../../mcu/control/entry.ts';
import { startNodeProcess } from '../../mcu/process.ts';
import { fakeLinks } from './link.ts';

runAsChild((start, port) => startNodeProcess(start, port, () => fakeLinks));
