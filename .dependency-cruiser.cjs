// Which part of the house may import which; docs/architecture.md gives the picture and the reasons.
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(gateway|mcu|dialplans|adapters)/', pathNot: allowed },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '^(gateway|mcu|dialplans|adapters)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^(gateway|mcu|dialplans|adapters)/', pathNot: '^gateway/admin/web/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(virtual:|vite/client)' },
    },
    only('mcu-alone', '^mcu/', ['^mcu/'], 'the mixing tier knows nothing of calls or SIP'),
    only('dialplans-alone', '^dialplans/', ['^dialplans/'], 'dial plans are pure'),
    only(
      'edge-process-alone',
      '^gateway/sip/edge/',
      ['^gateway/sip/edge/'],
      'the embedded edge is a process of its own that speaks drachtio’s protocol',
    ),
    only(
      'sip-edge',
      '^gateway/sip/(?!edge/)',
      [
        '^gateway/sip/',
        '^gateway/ports\\.ts$',
        '^gateway/observe/',
        '^gateway/(reasons|errors|in-time)\\.ts$',
        '^gateway/config/',
        '^mcu/video/h264/(profile|levels)\\.ts$',
      ],
      'an edge knows ports and types, and what H.264’s profiles and levels are',
    ),
    {
      name: 'srf-not-into-edge',
      severity: 'error',
      from: { path: '^gateway/sip/(?!edge/)' },
      to: { path: '^gateway/sip/edge/' },
    },
    only(
      'calls',
      '^gateway/calls/',
      [
        '^gateway/calls/',
        '^gateway/prompts/',
        '^gateway/rooms/',
        '^dialplans/',
        '^gateway/ports\\.ts$',
        '^gateway/observe/',
        '^gateway/(reasons|errors|in-time)\\.ts$',
        '^gateway/config/',
      ],
      'calls → rooms, dialplans, prompts, ports',
    ),
    only(
      'rooms',
      '^gateway/rooms/',
      [
        '^gateway/rooms/',
        '^gateway/ports\\.ts$',
        '^gateway/observe/',
        '^gateway/(reasons|errors|in-time)\\.ts$',
        '^gateway/config/',
        '^gateway/records/',
      ],
      'rooms → records, ports',
    ),
    only(
      'records',
      '^gateway/records/',
      [
        '^gateway/records/',
        '^gateway/ports\\.ts$',
        '^gateway/observe/',
        '^gateway/(reasons|errors|in-time)\\.ts$',
        '^gateway/config/',
      ],
      'records are the ground floor',
    ),
    only(
      'admin',
      '^gateway/admin/',
      [
        '^gateway/admin/',
        '^gateway/calls/',
        '^gateway/prompts/',
        '^gateway/rooms/',
        '^gateway/records/',
        '^dialplans/',
        '^gateway/ports\\.ts$',
        '^gateway/observe/',
        '^gateway/(reasons|errors|in-time)\\.ts$',
        '^gateway/config/',
      ],
      'admin → calls, rooms, dialplans, records',
    ),
    only(
      'ports',
      '^gateway/ports[/.]',
      ['^gateway/ports/', '^gateway/reasons\\.ts$', '^mcu/ports[/.]'],
      'ports are types',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|report)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
