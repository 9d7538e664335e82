import { expect, it } from 'vitest'
import type { Program } from '../../../lab/program.js'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { groupFullTunnelLab, OUTER, SERVER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { tellProgress } from '../../support/e2e/tell-progress.js'

const PORT = 5185
/** How many sequences there are, and which ones. */
const COUNT = Number(process.env.QANAT_SEQUENCES ?? 2)
const SEED = Number(process.env.QANAT_SEQUENCES_SEED ?? 14)
const TUNNELS = 10
/** What happens to tunnels in one sequence. */
const STEPS = 16
/** Milliseconds that a sequence may take; about five seconds on an idle machine. */
const PATIENCE = 90_000

/** What a tunnel's file may ask of the host. */
const WISHES: readonly (readonly string[])[] = [
  ['kill-switch = true'],
  [`dns = ["${SERVER.ipv4}"]`],
  ['nat = true'],
  ['fwmark = 254'],
  ['underlay-routes = "none"'],
]
const NETWORKS = ['0.0.0.0/0', '::/0', '192.0.2.0/24']

/** What can happen to a tunnel. */
const EVENTS = ['start', 'start', 'SIGTERM', 'SIGKILL', 'down'] as const

/** A tunnel of a sequence: its file, and its process while that lives. */
interface Member {
  readonly file: string
  program: Program | undefined
  runs: boolean
  /** Resolves once it is up, or has ended: one that cannot start, as another one has its routes, ends. */
  settled: Promise<unknown>
}

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program sysctl', 'program tcpdump'] as const),
  ],
  'ten tunnels',
  () => {
    const lab = groupFullTunnelLab()

    it(
      `start, end and are killed in random order, leave nothing and let nothing out meanwhile (${COUNT} sequences from seed ${SEED})`,
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
      const before = await stateOf(lab.client)
      const server = lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`))
      await server.line('listening')
      const capture = await lab.capture(OUTER, PORT)
      // While it runs, nothing leaves in the clear, whatever becomes of the others.
      const anchor = lab.up(lab.client, file('anchor', ['0.0.0.0/0', '::/0'], []))
      await anchor.line('TUN device is up')
      const pings = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address))

      const members = Array.from({ length: TUNNELS - 1 }, (_, number): Member => {
        const allowed = NETWORKS.filter(() => below(2) === 0)
        const wishes = WISHES.filter(() => below(3) === 0).flat()
        return {
          file: file(`t${number}`, allowed.length === 0 ? NETWORKS.slice(2) : allowed, wishes, number + 1),
          program: undefined,
          runs: false,
          settled: Promise.resolve(),
        }
      })
      const story: string[] = []
      for (let step = 0; step < STEPS; step++) {
        const number = below(members.length)
        const event = EVENTS[below(EVENTS.length)]!
        const waits = below(3) > 0
        story.push(`${event} t${number}${waits ? '' : ' at once'}`)
        await happens(members[number]!, event, waits)
      }
      await Promise.all(members.map(({ settled }) => settled))
      await Promise.all(members.map((member) => happens(member, 'down', true)))
      await Promise.all(members.map(({ program }) => program?.ending()))
      for (const one of pings) one.stop()
      const leaked = [...capture.stdout]
      anchor.kill('SIGTERM')
      const ended = await anchor.ending()
      server.kill('SIGTERM')
      await server.ending()
      const after = await stateOf(lab.client)
      await lab.clear()
      expect({ seed, story, leaked, ended, after }).toEqual({
        ...{ seed, story, leaked: [], ended: { code: 0, signal: null } },
        after: before,
      })
    }

    async function happens(member: Member, event: (typeof EVENTS)[number], waits: boolean): Promise<void> {
      const { program, runs } = member
      if (event === 'start') {
        if (runs) return
        const started = lab.up(lab.client, member.file)
        const settled = Promise.race([started.line('TUN device is up'), started.ended]).catch(() => {})
        Object.assign(member, { program: started, runs: true, settled })
        started.ended.finally(() => {
          if (member.program === started) member.runs = false
        })
        if (waits) await settled
      } else if (event === 'down') {
        await lab.down(lab.client, member.file).ending()
      } else if (runs && program !== undefined) {
        program.kill(event)
        if (waits) await program.ending()
      }
    }

    function file(name: string, allowed: readonly string[], more: readonly string[], number = 0): string {
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
