/** What the tester's environment says of a gateway is for the tests, not for the one under test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(GATEWAY_|LIVEKIT_|DRACHTIO_|FREESWITCH_|MEDIA_HOST_|MIXING$|DATABASE_URL$|PUBLIC_IP$|NODE_OPTIONS$|VITEST)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
