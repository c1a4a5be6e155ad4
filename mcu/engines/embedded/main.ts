import { runAsChild } from '../../control/entry.ts';
import { startEngineProcess } from './process.ts';

runAsChild(startEngineProcess);
