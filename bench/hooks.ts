import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../lab/temporary-folder.js'
import { formatTable } from '../src/cli/output/table.js'
import { Iperf } from './measure/iperf.js'
import { median } from './measure/statistics.js'
import { RunningTunnel } from './measure/tunnel.js'
import { Usage } from './measure/usage.js'
import { type QanatTunnel, qanat } from './systems/qanat.js'

/*
 * node dist/bench/hooks.js [ROUNDS [SECONDS]]
 *
 * What packet hooks leave of a tunnel's throughput: one that counts, of super-packets, of packets that it says it does not edit, and
 * of packets that it might; and a filter of 100 rules whose last one lets the stream pass. Both ends have the hook. All are measured
 * in turns, and the last column is the share of what the same carrier had without hooks in the same run. CPU time is that of both
 * ends, which other work on the machine stretches less. Needs root, iperf3 and ping.
 */

const ROUNDS = Number(process.argv[2] ?? 5)
const SECONDS = Number(process.argv[3] ?? 5)
/** Seconds of traffic before it is measured: what a tunnel does while its code is compiled says nothing of hooks. */
const WARM_UP = 2
const RULES = 100

const FILTER = join(import.meta.dirname, '../../plugins/packets-filter')
const folder = temporaryFolder()

/** A module whose hook counts the packets that it sees. */
function counting(sees: string, edits = true): string {
  return `let count = 0
const look = (packets) => { for (const { bytes } of packets) count += bytes.length }
const create = () => ({ outgoing: look, incoming: look })
export default { api: 1, name: 'counting', packetHooks: { counting: { summary: 'counts', sees: '${sees}', edits: ${edits}, create } } }
`
}

/** A module whose hook goes by as many rules, of which the last one matches. */
function filtering(): string {
  const rules = Array.from({ length: RULES - 1 }, (_, index) => `drop tcp to 192.0.2.${index} port 1-1000`)
  return `import { Filter } from '${FILTER}/filter.js'
import { parseRule } from '${FILTER}/rules.js'
const create = () => new Filter(${JSON.stringify([...rules, 'allow'])}.map(parseRule))
export default { api: 1, name: 'filtering', packetHooks: { filtering: { summary: 'filters', sees: 'super-packets', create } } }
`
}

/** The options that give a tunnel a hook. */
function hook(name: string, module: string, file = name): string[] {
  const path = join(folder, `${file}.mjs`)
  writeFileSync(path, module)
  return ['--plugin', path, '--hook', name]
}

const HOOKS: readonly (readonly [what: string, options: readonly string[]])[] = [
  ['none', []],
  ['counts super-packets', hook('counting', counting('super-packets'), 'super-packets')],
  ['counts packets, edits none', hook('counting', counting('packets', false), 'packets-only-seen')],
  ['counts packets', hook('counting', counting('packets'), 'packets')],
  [`filters by ${RULES} rules`, hook('filtering', filtering())],
]
const CARRIERS: readonly QanatTunnel['scheme'][] = ['udp', 'tcp']

const rates = new Map<string, number[]>()
const costs = new Map<string, number[]>()
for (let round = 1; round <= ROUNDS; round++) {
  for (const scheme of CARRIERS) {
    for (const [what, options] of HOOKS) {
      process.stderr.write(`round ${round} of ${ROUNDS}: ${scheme}, ${what}\n`)
      const system = qanat(`qanat-${scheme}`, { scheme, cipher: 'wireguard', options })
      const [{ bitsPerSecond, bytes }, cpu] = await RunningTunnel.with(
        system,
        async ({ lab, address, ends }) => {
          const iperf = new Iperf(lab, address)
          await iperf.tcp(WARM_UP)
          return new Usage(ends).during(() => iperf.tcp(SECONDS))
        },
      )
      const key = `${scheme} ${what}`
      rates.set(key, [...(rates.get(key) ?? []), bitsPerSecond / 1e6])
      costs.set(key, [...(costs.get(key) ?? []), ((cpu!.user + cpu!.system) * 1e9) / bytes])
    }
  }
}

const rows = CARRIERS.flatMap((scheme) => {
  const rate = (what: string) => median(rates.get(`${scheme} ${what}`)!)
  return HOOKS.map(([what]) => [
    scheme,
    what,
    rate(what).toFixed(0),
    median(costs.get(`${scheme} ${what}`)!).toFixed(2),
    `${((100 * rate(what)) / rate(HOOKS[0]![0])).toFixed(1)} %`,
  ])
})
const titles = ['carrier', 'hook', 'Mbit/s', 'CPU, s/GB', 'share']
const columns = titles.map((title, index) => ({ title, numeric: index > 1 }))
process.stdout.write(`${formatTable(columns, rows).join('\n')}\n`)
