import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Lab, type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { afterTest } from '../../support/after-test.js'
import { FalseClock } from '../../support/e2e/false-clock.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { Identities } from '../../support/e2e/identities.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { tellProgress } from '../../support/e2e/tell-progress.js'
import { Transfer } from '../../support/e2e/transfer.js'

/** Seconds of chaos, and which one. */
const SECONDS = Number(process.env.QANAT_CHAOS_SECONDS ?? 20)
const SEED = Number(process.env.QANAT_CHAOS_SEED ?? 14)
/** Where the server listens, and where its datagrams are delayed by up to so many milliseconds. */
const [UDP, TCP, WS, RELAY] = [5190, 5191, 5192, 5193]
const LONGEST_DELAY = 30
/** Bytes a second of each transfer: little enough for a path that loses a tenth. */
const PACE = 250_000
/** Milliseconds of an event, and between two: TCP tries again after up to two minutes, and needs luck then. */
const EVENT = { shortest: 200, longest: 2_500 }
const CALM = { shortest: 500, longest: 4_000 }
/** Milliseconds that the transfers may take to come to their end afterwards. */
const PATIENCE = 120_000
const HOUR = 3_600
const [NEAR, FAR] = ['10.44.0.2', '10.44.0.1']

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft'] as const),
    ...(['program ping', 'program faketime'] as const),
  ],
  'transfers',
  () => {
    it(
      `over ${SECONDS} s of cuts, loss, delay, reordering, reloads, restarts, stand-stills and clock steps arrive as they were sent`,
      async ({ annotate }) => {
        const chaos = await Chaos.start()
        const transfers = await chaos.transfers()
        const random = randomFrom(SEED)
        const ends = performance.now() + SECONDS * 1_000
        const story: string[] = []
        while (performance.now() < ends) {
          const names = Object.keys(chaos.events)
          const name = names[Math.floor(random() * names.length)]!
          const time = EVENT.shortest + random() * (EVENT.longest - EVENT.shortest)
          story.push(name)
          await chaos.events[name]!(time)
          await sleep(CALM.shortest + random() * (CALM.longest - CALM.shortest))
          tellProgress(`${story.length} events, ${Math.round((ends - performance.now()) / 1_000)} s to go`)
        }
        await annotate(`seed ${SEED}: ${story.length} events: ${story.slice(-200).join(', ')}`)
        for (const transfer of transfers) await transfer.end(PATIENCE)
        await chaos.stop()
      },
      SECONDS * 1_000 + 3 * PATIENCE,
    )
  },
)

/** One end of the tunnel, with a wall clock of its own. */
class End {
  readonly clock = new FalseClock()
  readonly file: string
  readonly #host: LabHost
  readonly #run: string
  readonly #lines: readonly string[]
  readonly #up: string
  program: Program
  #reloads = 0

  constructor(host: LabHost, folder: string, name: string, lines: readonly string[], up: string) {
    this.#host = host
    this.#run = `${folder}/${name}`
    this.#lines = lines
    this.#up = up
    this.file = `${folder}/${name}.toml`
    this.write()
    this.program = this.#start()
  }

  isUp(): Promise<string> {
    return this.program.line(this.#up)
  }

  /** Writes its file with another network than before. */
  write(): void {
    const network = `10.45.${this.#reloads++ % 200}.0/24`
    writeFileSync(this.file, this.#lines.join('\n').replace('NETWORK', network), { mode: 0o600 })
  }

  async reload(): Promise<void> {
    this.write()
    await this.#qanat('reload').ended
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.program.kill(signal)
    await this.program.ending()
    this.program = this.#start()
    await this.isUp()
  }

  async stop(): Promise<void> {
    this.program.kill('SIGTERM')
    expect(await this.program.ending()).toEqual({ code: 0, signal: null })
  }

  #start(): Program {
    return this.#qanat('up', this.clock.environment)
  }

  #qanat(command: string, more: NodeJS.ProcessEnv = {}): Program {
    const env = { ...process.env, RUNTIME_DIRECTORY: this.#run, ...more }
    return this.#host.start(process.execPath, [QANAT, command, this.file], { env })
  }
}

/** Two ends with three ways between them, and what can happen to them. */
class Chaos {
  readonly #lab: Lab
  readonly #firewall: Firewall
  readonly near: End
  readonly far: End
  /** Seconds by which the near end's clock is ahead. */
  #ahead = 0

  private constructor(lab: Lab, near: End, far: End) {
    this.#lab = lab
    this.#firewall = new Firewall(lab)
    this.near = near
    this.far = far
  }

  static async start(): Promise<Chaos> {
    const lab = new Lab()
    afterTest(async () => {
      await lab.clear()
      lab.remove()
    })
    const keys = new Identities()
    const folder = temporaryFolder()
    const relay = lab.far.node(
      'udp-relay.js',
      lab.far.ipv4,
      String(RELAY),
      String(UDP),
      String(LONGEST_DELAY),
    )
    await relay.line('ready', 'stdout')
    const far = new End(
      ...([lab.far, folder, 'far'] as const),
      [
        '[interface]',
        `private-key = "${keys.far.privateKey}"`,
        `address = ["${FAR}/24"]`,
        `listen = ["udp://0.0.0.0:${UDP}", "tcp://0.0.0.0:${TCP}", "ws://0.0.0.0:${WS}/"]`,
        '[[peer]]',
        `public-key = "${keys.near.publicKey}"`,
        `allowed-ips = ["${NEAR}/32", "NETWORK"]`,
      ],
      'listening',
    )
    await far.isUp()
    const ways = [
      `udp://${lab.far.ipv4}:${RELAY}`,
      `tcp://${lab.far.ipv4}:${TCP}`,
      `ws://${lab.far.ipv4}:${WS}/`,
    ]
    const near = new End(
      ...([lab.near, folder, 'near'] as const),
      [
        '[interface]',
        `private-key = "${keys.near.privateKey}"`,
        `address = ["${NEAR}/24"]`,
        '[[peer]]',
        `public-key = "${keys.far.publicKey}"`,
        `allowed-ips = ["${FAR}/32", "NETWORK"]`,
        `endpoints = ${JSON.stringify(ways)}`,
        'proxy = "none"',
      ],
      REACHED,
    )
    await near.isUp()
    return new Chaos(lab, near, far)
  }

  /** One each way. */
  transfers(): Promise<Transfer[]> {
    const { far, near } = this.#lab
    return Promise.all([
      Transfer.start(far, near, FAR, 8_001, PACE),
      Transfer.start(near, far, NEAR, 8_002, PACE),
    ])
  }

  readonly events: Readonly<Record<string, (time: number) => Promise<void>>> = {
    'cut of UDP': (time) => this.#during(time, 'meta l4proto udp drop'),
    'cut of TCP': (time) =>
      this.#during(time, `tcp dport { ${TCP}, ${WS} } drop`, `tcp sport { ${TCP}, ${WS} } drop`),
    'cut of everything': (time) => this.#during(time, 'meta l4proto { tcp, udp } drop'),
    loss: (time) => this.#during(time, 'numgen random mod 100 < 10 drop'),
    'reload near': () => this.near.reload(),
    'reload far': () => this.far.reload(),
    'restart far': () => this.far.restart('SIGTERM'),
    'kill far': () => this.far.restart('SIGKILL'),
    'restart near': () => this.near.restart('SIGTERM'),
    'stand-still near': (time) => this.#standStill(this.near, time),
    'stand-still far': (time) => this.#standStill(this.far, time),
    // Never back: a server refuses initiations of a restarted client that are older than the last. Whitepaper, section 5.1
    'clock of near ahead': async () => {
      this.#ahead += HOUR
      this.near.clock.set(this.#ahead)
    },
    'clock of far ahead': async () => this.far.clock.set(HOUR),
    'clock of far behind': async () => this.far.clock.set(-HOUR),
  }

  async stop(): Promise<void> {
    await this.near.stop()
    await this.far.stop()
  }

  async #during(time: number, ...rules: readonly string[]): Promise<void> {
    await this.#firewall.rules(...rules)
    await sleep(time)
    await this.#firewall.rules()
  }

  async #standStill(end: End, time: number): Promise<void> {
    end.program.kill('SIGSTOP')
    await sleep(time)
    end.program.kill('SIGCONT')
  }
}
