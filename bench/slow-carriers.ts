import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { TestAuthority } from '../lab/certificates.js'
import { QANAT } from '../lab/lab.js'
import { NamespacePair, type NetworkNamespace, WIRE } from '../lab/namespaces.js'
import { Program } from '../lab/program.js'

/*
 * node dist/bench/slow-carriers.js [MBIT_PER_SECOND [SECONDS [CONGESTION_CONTROL [CARRIER,… [LOSS [STREAMS,…]]]]]]
 *
 * A tunnel over a link of that speed, in network namespaces: the throughput of TCP inside, and the round trip of
 * pings inside meanwhile, for each transport, one connection and four (or STREAMS), in either direction. The
 * CONGESTION_CONTROL is that of the carrier and of the connections inside. LOSS is the percentage of packets that are
 * lost on the way. Needs root, tc, iperf3, ping and, for losses, nft.
 */

const RATE = Number(process.argv[2] ?? 10)
const SECONDS = Number(process.argv[3] ?? 8)
const CONGESTION_CONTROL = process.argv[4]
const CARRIERS = (process.argv[5] ?? 'none,udp,tcp,ws,wss').split(',')
const LOSS = Number(process.argv[6] ?? 0)
const STREAMS = (process.argv[7] ?? '1,4').split(',').map(Number)
/** What the bottleneck holds, in milliseconds of its rate: as a home router's does. */
const BUFFER = 100
const PORT = 1337
const [NEAR, FAR] = ['10.0.0.1', '10.0.0.2']
const KEY = randomBytes(32).toString('base64')
const PING_INTERVAL = 0.05
/** Milliseconds that programs may take besides. */
const PATIENCE = 30_000

const programs: Program[] = []
const authority = new TestAuthority()
const pair = new NamespacePair(`qanat-slow-${process.pid}`)
const certificate = authority.issue(pair.far.ipv4)
try {
  await run()
} finally {
  for (const program of programs) program.kill('SIGKILL')
  pair.remove()
}
process.exit()

async function run(): Promise<void> {
  for (const { name } of [pair.near, pair.far]) {
    if (RATE > 0) limit(name)
    if (LOSS > 0) lose(name)
    if (CONGESTION_CONTROL !== undefined) {
      // By the route: namespaces may only use what the host allows to everybody.
      inside(name, 'ip', 'route', 'replace', '10.9.0.0/24', 'dev', WIRE, 'congctl', CONGESTION_CONTROL)
    }
  }
  say(
    `${RATE} Mbit/s, ${BUFFER} ms of buffer, ${LOSS} % lost, ${CONGESTION_CONTROL ?? 'the default'} congestion control`,
  )
  say('carrier  streams   to   Mbit/s   round trip in ms: idle   median    95 %      max   retransmits')
  await start(pair.far, 'iperf3', '-s', '--forceflush').line('Server listening', 'stdout')
  for (const scheme of CARRIERS) {
    const ends = scheme === 'none' ? [] : await connect(scheme)
    const target = scheme === 'none' ? pair.far.ipv4 : FAR
    const idle = await pings(target, 20)
    for (const streams of STREAMS) {
      for (const direction of ['far', 'near'] as const) {
        const [traffic, loaded] = await Promise.all([
          transfer(target, streams, direction),
          pings(target, (SECONDS - 1) / PING_INTERVAL),
        ])
        say(
          [
            scheme.padEnd(9),
            String(streams).padStart(6),
            direction.padStart(6),
            traffic.megabits.toFixed(2).padStart(8),
            quantile(idle, 0.5).padStart(24),
            ...[0.5, 0.95, 1].map((part) => quantile(loaded, part).padStart(8)),
            String(traffic.retransmits).padStart(13),
          ].join(' '),
        )
      }
    }
    for (const end of ends) {
      end.kill('SIGTERM')
      await end.ending()
      say(`    ${/dropped=(\{.*?\})/.exec(await end.line('tunnel carried'))?.[1]}`)
    }
  }
}

/** Lets a host send this fast and no faster. */
function limit(name: string): void {
  const shape = ['rate', `${RATE}mbit`, 'burst', '16kb', 'latency', `${BUFFER}ms`]
  inside(name, 'tc', 'qdisc', 'replace', 'dev', WIRE, 'root', 'tbf', ...shape)
}

/** Loses packets that arrive at a host by the wire, at random. */
function lose(name: string): void {
  const rule = `iifname ${WIRE} numgen random mod 1000 < ${Math.round(10 * LOSS)} drop`
  const chain = `chain arriving { type filter hook prerouting priority raw; ${rule}; }`
  inside(name, 'nft', `table inet loss { ${chain}; }`)
}

async function connect(scheme: string): Promise<Program[]> {
  const path = scheme.startsWith('ws') ? '/tunnel' : ''
  const key = ['-k', KEY, '--tls-cert', certificate.certFile, '--tls-key', certificate.keyFile]
  const far = start(
    pair.far,
    process.execPath,
    QANAT,
    FAR,
    NEAR,
    ...key,
    '--listen',
    `${scheme}://[::]:${PORT}${path}`,
  )
  await far.line('listening')
  const endpoint = `${scheme}://${pair.far.ipv4}:${PORT}${path}`
  const near = start(
    pair.near,
    process.execPath,
    QANAT,
    NEAR,
    FAR,
    '-k',
    KEY,
    '-p',
    endpoint,
    '--proxy',
    'none',
    '--tls-ca',
    authority.caFile,
  )
  await near.line('peer is reached')
  return [near, far]
}

/** Milliseconds of each round trip. */
async function pings(target: string, count: number): Promise<number[]> {
  const ping = start(
    pair.near,
    'ping',
    '-n',
    '-i',
    String(PING_INTERVAL),
    '-c',
    String(Math.round(count)),
    target,
  )
  await ping.ending(SECONDS * 1000 + PATIENCE)
  return ping.stdout.flatMap((line) => {
    const match = /time=(\S+) ms/.exec(line)
    return match ? [Number(match[1])] : []
  })
}

async function transfer(
  target: string,
  streams: number,
  direction: 'far' | 'near',
): Promise<{ megabits: number; retransmits: number }> {
  const options = [
    '-J',
    '-t',
    String(SECONDS),
    '-P',
    String(streams),
    ...(direction === 'near' ? ['-R'] : []),
    ...(CONGESTION_CONTROL === undefined ? [] : ['-C', CONGESTION_CONTROL]),
  ]
  const report = JSON.parse(await iperf('-c', target, ...options))
  if (report.error !== undefined) {
    say(`    once more: ${report.error}`)
    return transfer(target, streams, direction)
  }
  const { sum_received: received, sum_sent: sent } = report.end
  return { megabits: received.bits_per_second / 1e6, retransmits: sent.retransmits as number }
}

async function iperf(...args: string[]): Promise<string> {
  const client = start(pair.near, 'iperf3', ...args)
  await client.ending(SECONDS * 1000 + PATIENCE)
  return client.stdout.join('\n')
}

function quantile(values: readonly number[], part: number): string {
  const sorted = [...values].sort((one, other) => one - other)
  return (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN).toFixed(1)
}

function start(host: NetworkNamespace, program: string, ...args: string[]): Program {
  const started = new Program(...host.inside(program, args))
  programs.push(started)
  return started
}

function inside(name: string, program: string, ...args: string[]): void {
  execFileSync('ip', ['netns', 'exec', name, program, ...args])
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
