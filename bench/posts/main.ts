import { parseArgs } from 'node:util'
import { Lab } from '../../lab/lab.js'
import { FRONT_ENDS, type FrontEnd } from '../../lab/servers/front-ends.js'
import { median } from '../measure/statistics.js'
import { type CarriedRates, carriedRates, type Rate } from './carried-rates.js'
import { type Carrier, carriersThrough, DEMANDS, LONG_PATH } from './carriers.js'

/*
 * npm run bench:http -- [--front nginx,haproxy,…|all] [--rounds N] [--seconds N] [--only ws,stream,poll] [--delay MILLISECONDS]
 *
 * What a tunnel over posts carries beside one over WebSockets, through the same front end, by turns: on a machine that does other
 * work only the ratios mean something. With a delay, each way through a relay, only what goes up is measured. `--profile FOLDER`
 * leaves what each end did there. Needs root, iperf3 and the front ends.
 */

const { values } = parseArgs({
  options: {
    front: { type: 'string', default: 'nginx' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: 'ws,stream,poll' },
    delay: { type: 'string', default: '0' },
    profile: { type: 'string' },
  },
})
const delay = Number(values.delay)
const named = values.front === 'all' ? FRONT_ENDS : values.front.split(',')
const fronts = FRONT_ENDS.filter((front) => named.includes(front))
const only = values.only.split(',')
const lab = new Lab()
process.once('SIGINT', () => process.exit(1))
process.once('exit', () => lab.remove())
await run()
process.exit()

async function run(): Promise<void> {
  const all: CarriedRates[] = []
  const measuring = { lab, delay, seconds: Number(values.seconds), profile: values.profile }
  say('                            up                         down            round trip')
  say('front     carrier   Mbit/s  CPU s/GB  front    Mbit/s  CPU s/GB  front       ms')
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const front of fronts) {
      for (const carrier of carriersThrough(front).filter((one) => only.includes(one))) {
        const rates = await carriedRates(front, carrier, measuring)
        all.push(rates)
        const { down, roundTrip, up } = rates
        const cells = [...cellsOf(up), ...cellsOf(down), roundTrip.toFixed(2).padStart(9)]
        say([front.padEnd(8), carrier.padEnd(7), ...cells].join('  '))
      }
    }
  }
  for (const front of fronts) {
    const own = all.filter((one) => one.front === front)
    if (delay > 0) judgeLongPath(front, own)
    else judge(front, own)
  }
}

function cellsOf(rate: Rate | undefined): string[] {
  const { megabits, cpu, frontCpu } = rate ?? { megabits: Number.NaN, cpu: Number.NaN, frontCpu: Number.NaN }
  return [megabits.toFixed(0).padStart(6), cpu.toFixed(1).padStart(8), frontCpu.toFixed(1).padStart(5)]
}

function judge(front: FrontEnd, rates: readonly CarriedRates[]): void {
  const middle = (carrier: Carrier, key: (one: CarriedRates) => number | undefined) =>
    median(rates.filter((one) => one.carrier === carrier).map((one) => key(one) ?? Number.NaN))
  for (const carrier of ['stream', 'poll'] as const) {
    if (![carrier, 'ws'].every((needed) => rates.some((one) => one.carrier === needed))) continue
    const demand = DEMANDS[carrier]
    for (const way of ['down', 'up'] as const) {
      const rate = (one: CarriedRates) => one[way]?.megabits
      const ratio = middle(carrier, rate) / middle('ws', rate)
      const holds = ratio >= demand[way]
      tell(`${front} ${carrier} ${way}`, ratio.toFixed(3), `at least ${demand[way]} of ws`, holds)
    }
    // The outer round trip is that of the wire between two namespaces: next to nothing.
    const slower = middle(carrier, (one) => one.roundTrip) - middle('ws', (one) => one.roundTrip)
    const holds = slower <= demand.slower
    tell(`${front} ${carrier} round trip`, `+${slower.toFixed(2)} ms`, `at most ${demand.slower} ms`, holds)
  }
}

function judgeLongPath(front: FrontEnd, rates: readonly CarriedRates[]): void {
  for (const carrier of new Set(rates.map((one) => one.carrier))) {
    const up = median(rates.filter((one) => one.carrier === carrier).map((one) => one.up.megabits))
    const isDemanded = carrier === 'stream'
    const demand = isDemanded ? `at least ${LONG_PATH}` : 'no demand'
    const holds = !isDemanded || up >= LONG_PATH
    tell(`${front} ${carrier} up at ${delay} ms each way`, `${up.toFixed(0)} Mbit/s`, demand, holds)
  }
}

function tell(what: string, figure: string, demand: string, holds: boolean): void {
  say(`${what.padEnd(36)} ${figure.padStart(12)}   ${demand}${holds ? '' : '   MISSED'}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
