import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rtcNodeVersion } from '../../../../../mcu/link/rtc-node/library.ts';

const packageFile = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });
const read = (path: string): z.infer<typeof packageFile> =>
  packageFile.parse(
    JSON.parse(readFileSync(new URL(`../../../../../${path}package.json`, import.meta.url), 'utf8')),
  );

describe('what is reached past rtc-node', () => {
  it('is that of the version that was looked at, and the native library is the one that rtc-node loads', () => {
    const ours = read('').dependencies;
    const rtcNode = read('node_modules/@livekit/rtc-node/');
    expect(ours['@livekit/rtc-node']).toBe(rtcNodeVersion);
    expect(rtcNode.version).toBe(rtcNodeVersion);
    expect(ours['@livekit/rtc-ffi-bindings']).toBe(rtcNode.dependencies['@livekit/rtc-ffi-bindings']);
  });
});
