/** Something of which `npm test` has a share, at full length. */
export interface Long {
  readonly about: string
  /** A program of Node's with its first arguments, from the root of the repository; what the user adds comes behind them. */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** A run of an hour that failed is looked at, not tried again. */
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--retry=0']

/** Tunnels over uplinks of so many bytes, as test/e2e/uplinks/uplinks.test.ts takes them. */
const UPLINKS = [1280, 1400, 1492].flatMap((mtu) =>
  ['ipv4', 'ipv6'].flatMap((outside) =>
    ['udp', 'tcp', 'ws', 'wireguard-go'].map((carrier) => `${mtu} ${outside} ${carrier}`),
  ),
)

/** What `npm run long -- NAME` runs. */
export const LONG: Readonly<Record<string, Long>> = {
  chaos: {
    about: 'transfers over cuts, loss, reordering, reloads, restarts and clock steps (half an hour)',
    command: [...VITEST, 'test/e2e/disturbed/chaos.test.ts'],
    environment: { QANAT_CHAOS_SECONDS: '1800' },
  },
  'cut-links': {
    about: 'a packet each 10 ms over ten connections that are cut when they are 30 s old (seven minutes)',
    command: [...VITEST, 'test/core/connector/connector.cut-links.test.ts'],
    environment: { QANAT_CUT_LINKS: '30' },
  },
  fuzz: {
    about: 'every parser, ten minutes each, or some: see npm run fuzz -- --help',
    command: ['dist/test/fuzz/main.js'],
  },
  'host-table': {
    about:
      'hosts and files as people have them, by Qanat and by wg-quick, with each way to end (twenty minutes)',
    command: [...VITEST, 'test/interop/host-table'],
    environment: { QANAT_HOST_TABLE: 'all' },
  },
  'kill-points': {
    about: 'kills up, reload and down at each system call that changes something (an hour)',
    command: [...VITEST, 'test/e2e/host/kill-points.test.ts'],
    environment: { QANAT_KILL_POINTS: 'all' },
  },
  'late-names': {
    about: 'tunnels whose name server is away for 30 s at the start (four minutes)',
    command: [...VITEST, 'test/e2e/disturbed/late-names.test.ts', '-t', 'of its return'],
    environment: { QANAT_NAMES_AWAY: '30' },
  },
  'made-plugins': {
    about:
      'plugins as `plugin new` makes them, on Node 20, 22, 24 and 26, by TypeScript 5.9 and 7 (two minutes)',
    command: [...VITEST, 'test/e2e/command/packaging.test.ts', '-t', 'on Node'],
    environment: { QANAT_NODES: '20,22,24,26' },
  },
  'mtu-steps': {
    about: 'a transfer over a path that becomes narrower in seven steps (five minutes)',
    command: [...VITEST, 'test/e2e/tunnels/path-mtu.test.ts', '-t', 'narrower'],
    environment: { QANAT_MTU_STEPS: '1480,1440,1400,1380,1340,1310,1290' },
  },
  nats: {
    about: 'NATS servers that are silent or slow, and tunnels over them (a minute)',
    command: [...VITEST, 'plugins/transport-nats', 'test/e2e/plugins/transport-nats.test.ts'],
    environment: { QANAT_NATS: 'full' },
  },
  pt: {
    about: 'a tunnel over a pluggable transport that copies 20 MB each way (half a minute)',
    command: [...VITEST, 'test/e2e/plugins/transport-pt.test.ts'],
    environment: { QANAT_PT: 'full' },
  },
  'random-hosts': {
    about:
      'three tunnels with overlapping ranges in 500 random orders on hosts with random routes (two hours)',
    command: [...VITEST, 'test/e2e/disturbed/random-hosts.test.ts'],
    environment: { QANAT_RANDOM_HOSTS: '500' },
  },
  reloads: {
    about: 'ten times twenty settings changed by reload under the traffic of fifty clients (a minute)',
    command: [...VITEST, 'test/app/carriers/rebind.reloads.test.ts'],
    environment: { QANAT_RELOADS: '10' },
  },
  renewals: {
    about: 'a hundred renewals of certificates under traffic, with half pairs and swapped links (a minute)',
    command: [...VITEST, 'test/app/carriers/certificate-watch.test.ts'],
    environment: { QANAT_RENEWALS: '100' },
  },
  sequences: {
    about: 'ten tunnels start, end and are killed in 500 random orders (an hour)',
    command: [...VITEST, 'test/e2e/host/sequences.test.ts'],
    environment: { QANAT_SEQUENCES: '500' },
  },
  uplinks: {
    about: 'transfers over narrow uplinks, outside and inside IPv4 and IPv6, by each carrier (ten minutes)',
    command: [...VITEST, 'test/e2e/uplinks/uplinks.test.ts'],
    environment: { QANAT_UPLINKS: UPLINKS.join(',') },
  },
  promises: {
    about: 'breaks each promise of docs/security.md, those of whole tunnels too (half an hour)',
    command: ['dist/test/promises/main.js', '--all'],
  },
  properties: {
    about: 'the tests of test/fuzz at full length (two minutes)',
    command: [...VITEST, 'test/fuzz'],
    environment: { QANAT_FUZZ: '1' },
  },
}
