import { parseArgs } from 'node:util'
import { ALL_PARTS, type Part } from './measure/parts.js'
import { allSystems, REFERENCE } from './systems/all-systems.js'
import type { System } from './systems/system.js'

/** What the command line asks for. */
export interface Options {
  readonly systems: readonly System[]
  readonly seconds: number
  readonly pings: number
  readonly short: boolean
  readonly repeat: number
  readonly parts: readonly Part[]
  /** The name of the system that ratios are taken against. */
  readonly reference: string
  readonly json: string | undefined
  readonly svg: string | undefined
  /** Seconds of the soak; undefined if none is asked for. */
  readonly soak: number | undefined
  readonly profile: boolean
  readonly calls: boolean
  readonly pages: boolean
  readonly peers: boolean
}

/** What `--help` prints. */
export const USAGE = `npm run bench -- [OPTION…]      needs root, iperf3 and ping; see bench/README.md

  --quick           few systems, one round, 2 s each: about 4 minutes
  --only NAME,…     these systems: ${allSystems.map(({ name }) => name).join(', ')}
  --seconds N       seconds of each transfer (default: 5; quick: 2)
  --repeat N        N rounds, in which systems take turns: medians, and the spread (default: 5; quick: 1)
  --part NAME,…     these parts: ${ALL_PARTS.join(', ')}
  --reference NAME  what ratios are taken against: it is measured before and after the others (default: ${REFERENCE})
  --pings N         pings for a round trip, fresh and warm each (default: 500; quick: 200)
  --short           under load, only the figures of the short tables
  --json FILE       write all figures and what machine they are of
  --svg FILE        write a chart
  --soak N          in place of all that: N seconds of full load, memory every 5 s, then 30 s idle
  --profile         in place of all that: where the CPU time goes, by node --cpu-prof
  --calls           in place of all that: the functions that a lone packet runs
  --pages           in place of all that: the pages of memory that a lone packet touches
  --peers           in place of all that: a server with 1 to 1,000 peers
`

const QUICK = { seconds: 2, pings: 200, repeat: 1 }
const THOROUGH = { seconds: 5, pings: 500, repeat: 5 }
/** What is soaked, profiled and counted unless `--only` says otherwise. */
const PROFILED = ['qanat-tcp', 'qanat-udp']

/** @throws Error if an option is unknown or its value wrong. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      quick: { type: 'boolean' },
      only: { type: 'string' },
      seconds: { type: 'string' },
      repeat: { type: 'string' },
      part: { type: 'string' },
      reference: { type: 'string' },
      pings: { type: 'string' },
      short: { type: 'boolean' },
      json: { type: 'string' },
      svg: { type: 'string' },
      soak: { type: 'string' },
      profile: { type: 'boolean' },
      calls: { type: 'boolean' },
      pages: { type: 'boolean' },
      peers: { type: 'boolean' },
    },
  })
  if (values.help) return 'help'
  const quick = values.quick ?? false
  const { seconds, pings, repeat } = quick ? QUICK : THOROUGH
  const few = values.soak !== undefined || [values.profile, values.calls, values.pages].includes(true)
  return {
    systems: chooseSystems(values.only, few, quick),
    seconds: whole('--seconds', values.seconds) ?? seconds,
    pings: whole('--pings', values.pings) ?? pings,
    short: values.short ?? false,
    repeat: whole('--repeat', values.repeat) ?? repeat,
    parts: chooseParts(values.part),
    reference: values.reference ?? REFERENCE,
    json: values.json,
    svg: values.svg,
    soak: whole('--soak', values.soak),
    profile: values.profile ?? false,
    calls: values.calls ?? false,
    pages: values.pages ?? false,
    peers: values.peers ?? false,
  }
}

function chooseSystems(only: string | undefined, few: boolean, quick: boolean): readonly System[] {
  if (only === undefined && few) return allSystems.filter(({ name }) => PROFILED.includes(name))
  if (only === undefined) return quick ? allSystems.filter((system) => system.quick) : allSystems
  const names = namesIn(
    only,
    allSystems.map(({ name }) => name),
  )
  return allSystems.filter(({ name }) => names.includes(name))
}

function chooseParts(named: string | undefined): readonly Part[] {
  if (named === undefined) return ALL_PARTS
  const names = namesIn(named, ALL_PARTS)
  return ALL_PARTS.filter((part) => names.includes(part))
}

function namesIn(list: string, known: readonly string[]): string[] {
  const names = list.split(',')
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`Cannot measure '${name}': there are ${known.join(', ')}`)
  }
  return names
}

function whole(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(value)) {
    throw new Error(`Cannot read ${option}: '${value}' is no whole number within 1 to 999999`)
  }
  return Number(value)
}
