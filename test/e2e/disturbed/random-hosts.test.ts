import { expect, it } from 'vitest'
import { WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { tellProgress } from '../../support/e2e/tell-progress.js'

const PORT = 5189
/** How many sequences there are, and which ones. */
const COUNT = Number(process.env.QANAT_RANDOM_HOSTS ?? 1)
const SEED = Number(process.env.QANAT_RANDOM_HOSTS_SEED ?? 15)
const TUNNELS = 3
/** What happens to tunnels in one sequence. */
const STEPS = 12
/** Milliseconds that a sequence may take; about five seconds on an idle machine. */
const PATIENCE = 120_000

/** What a host may have, and what removes it. */
const HAVINGS: readonly (readonly [string, string])[] = [
  ['route add 10.20.0.0/16 via 10.9.0.2', 'route delete 10.20.0.0/16'],
  ['route add 192.0.2.0/24 via 10.9.0.2 metric 700', 'route delete 192.0.2.0/24 metric 700'],
  ['route add blackhole 203.0.113.0/24 metric 999', 'route delete blackhole 203.0.113.0/24 metric 999'],
  ['route add 10.77.0.0/16 via 10.9.0.2 table 77', 'route delete 10.77.0.0/16 table 77'],
  ['route add 10.30.0.7/32 dev lo', 'route delete 10.30.0.7/32'],
  [`address change 10.9.0.1/24 dev ${WIRE} metric 600`, `address change 10.9.0.1/24 dev ${WIRE} metric 0`],
]
/** What a tunnel may want: much of it overlaps, with that of a host and of other tunnels. */
const RANGES = [
  ...['192.0.2.0/24', '192.0.2.128/25', '203.0.113.0/24', '10.20.0.0/16', '10.20.4.0/24', '10.77.0.0/16'],
  ...['10.9.0.0/24', '10.9.0.64/26', '10.9.0.2/32', '10.30.0.0/16', '0.0.0.0/0', '2001:db8:7::/64'],
]
const WISHES = [['fwmark = 254'], ['table = 77'], ['kill-switch = true'], []]
const EVENTS = ['start', 'start', 'reload', 'SIGTERM', 'SIGKILL', 'down'] as const

interface Member {
  readonly name: string
  readonly number: number
  file: string
  program: Program | undefined
}

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program sysctl', 'program tcpdump'] as const),
  ],
  'three tunnels on a host with routes of its own',
  () => {
    const lab = groupFullTunnelLab()

    it(
      `start, change, end and are killed in random order, touch none of them and let nothing out (${COUNT} sequences from seed ${SEED})`,
      async () => {
        for (let seed = SEED; seed < SEED + COUNT; seed++) {
          await sequence(seed)
          tellProgress(`${seed - SEED + 1} of ${COUNT} sequences`)
        }
      },
      COUNT * PATIENCE,
    )

    async function sequence(seed: number): Promise<void> {
      const random = randomFrom(seed)
      const below = (limit: number) => Math.floor(random() * limit)
      const bare = await stateOf(lab.client)
      const havings = HAVINGS.filter(() => below(2) === 0)
      const story = havings.map(([lay]) => lay)
      for (const [lay] of havings) await lab.client.run('ip', ...lay.split(' '))
      const before = await stateOf(lab.client)
      const own = await ownRoutes()
      const server = lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`))
      await server.line('listening')
      const capture = await lab.capture(OUTER, PORT)
      const anchor = lab.up(lab.client, file('anchor', 9, ['0.0.0.0/0', '::/0'], []))
      await anchor.line('TUN device is up')
      const pings = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address))
      const anew = ({ name, number }: Pick<Member, 'name' | 'number'>) => {
        const allowed = RANGES.filter(() => below(4) === 0)
        return file(name, number, allowed.length === 0 ? RANGES.slice(0, 1) : allowed, WISHES[number]!)
      }
      const members = Array.from({ length: TUNNELS }, (_, number): Member => {
        const name = `r${number}`
        return { name, number, file: anew({ name, number }), program: undefined }
      })
      for (let step = 0; step < STEPS; step++) {
        const member = members[below(TUNNELS)]!
        const event = EVENTS[below(EVENTS.length)]!
        if (event === 'start' || event === 'reload') member.file = anew(member)
        story.push(`${event} ${member.name}`)
        await happens(member, event)
        expect({ seed, story, own: await ownRoutes() }).toEqual({ seed, story, own })
      }
      for (const member of members) await happens(member, 'down')
      await Promise.all(members.map(({ program }) => program?.ending()))
      for (const one of pings) one.stop()
      const leaked = [...capture.stdout]
      anchor.kill('SIGTERM')
      const ended = await anchor.ending()
      server.kill('SIGTERM')
      await server.ending()
      const after = await stateOf(lab.client)
      await lab.clear()
      for (const [, remove] of havings) await lab.client.run('ip', ...remove.split(' '))
      expect({ seed, story, leaked, ended, after }).toEqual({
        ...{ seed, story, leaked: [], ended: { code: 0, signal: null } },
        after: before,
      })
      expect(await stateOf(lab.client)).toBe(bare)
    }

    async function happens(member: Member, event: (typeof EVENTS)[number]): Promise<void> {
      const { program } = member
      if (event === 'start') {
        if (program !== undefined) return
        const started = lab.up(lab.client, member.file)
        member.program = started
        void started.ended.finally(() => {
          if (member.program === started) member.program = undefined
        })
        await Promise.race([started.line('TUN device is up'), started.ended]).catch(() => {})
      } else if (event === 'down') await lab.down(lab.client, member.file).ending()
      else if (event === 'reload') await lab.reload(lab.client, member.file).ending()
      else if (program !== undefined) {
        program.kill(event)
        await program.ending()
      }
    }

    /** What of the routes is none of a tunnel's. */
    async function ownRoutes(): Promise<string[]> {
      const shown = await lab.client.run('ip', '-4', 'route', 'show', 'table', 'all')
      return shown.split('\n').filter((line) => !/ proto 113\b| dev (?:r\d|anchor) /.test(line))
    }

    function file(name: string, number: number, allowed: readonly string[], more: readonly string[]): string {
      return lab.file(`${name}.toml`, [
        '[interface]',
        `private-key = "${lab.keys.near.privateKey}"`,
        `address = ["10.0.${number}.2/32", "fd00::${number}:2/128"]`,
        ...more,
        '[[peer]]',
        `public-key = "${lab.keys.far.publicKey}"`,
        `allowed-ips = ${JSON.stringify(allowed)}`,
        `endpoints = ["udp://${OUTER}:${PORT}"]`,
      ])
    }
  },
)
