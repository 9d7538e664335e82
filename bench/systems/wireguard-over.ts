import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { WIREGUARD_GO } from '../../lab/wireguard-go.js'
import type { Helpers, Pair, System } from './system.js'
import { WireGuardEnds } from './wireguard-ends.js'

/** Of wireguard-go at the far end, and of the relay that stands in for it at the near one. */
const PORT = 51820
/** Of wireguard-go at the near end, beside the relay. */
const NEAR_PORT = 51821
/** Where the relay listens. */
const RELAY_PORT = 8080
/** Seconds. Makes the dialling end start its handshake at once. */
const KEEPALIVE = 1

/** A program that carries one UDP port over a stream. */
interface Relay {
  readonly program: string
  readonly source: string
  readonly far: readonly string[]
  readonly near: (far: string) => readonly string[]
  /** What either end writes once it listens: for the other end, or for wireguard-go. */
  readonly ready: string
  /** Where it writes that. */
  readonly log: 'stdout' | 'stderr'
}

const wstunnel = (scheme: 'ws' | 'wss'): Relay => ({
  program: process.env.WSTUNNEL ?? 'wstunnel',
  source:
    "'cargo build --release -p wstunnel-cli' in a clone of github.com/erebe/wstunnel, named by WSTUNNEL",
  far: ['server', `${scheme}://0.0.0.0:${RELAY_PORT}`],
  near: (far) => [
    'client',
    '-L',
    `udp://127.0.0.1:${PORT}:127.0.0.1:${PORT}?timeout_sec=0`,
    `${scheme}://${far}:${RELAY_PORT}`,
  ],
  ready: 'listening ',
  log: 'stdout',
})

const chisel: Relay = {
  program: process.env.CHISEL ?? 'chisel',
  source: "'go build -o chisel .' in a clone of github.com/jpillora/chisel, named by CHISEL",
  far: ['server', '--port', String(RELAY_PORT)],
  near: (far) => ['client', `http://${far}:${RELAY_PORT}`, `127.0.0.1:${PORT}:127.0.0.1:${PORT}/udp`],
  ready: 'Listening',
  log: 'stderr',
}

/** What people run today if only a stream gets through. */
export const wireGuardOver: readonly System[] = [
  over('wg-go-over-wstunnel-ws', 'wstunnel, ws', wstunnel('ws')),
  over('wg-go-over-wstunnel-wss', 'wstunnel, wss', wstunnel('wss')),
  over('wg-go-over-chisel', 'chisel, ws with SSH inside', chisel),
]

function over(name: string, what: string, relay: Relay): System {
  return {
    name,
    summary: `wireguard-go at both ends, its UDP carried by ${what}`,
    programs: [WIREGUARD_GO, 'wg', relay.program],
    source: relay.source,
    prepare: (lab) => new RelayedPair(lab, relay),
  }
}

class RelayedPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly helpers: Helpers = { near: [], far: [] }
  readonly #lab: Lab
  readonly #relay: Relay
  readonly #ends: WireGuardEnds

  constructor(lab: Lab, relay: Relay) {
    this.#lab = lab
    this.#relay = relay
    this.#ends = new WireGuardEnds(lab)
  }

  async startFar(): Promise<Program> {
    this.helpers.far.push(await this.#startRelay(this.#lab.far, this.#relay.far))
    return this.#ends.startWireGuardGo('far', PORT)
  }

  async startNear(): Promise<Program> {
    const { far, near } = this.#lab
    this.helpers.near.push(await this.#startRelay(near, this.#relay.near(far.ipv4)))
    return this.#ends.startWireGuardGo('near', NEAR_PORT, {
      endpoint: `127.0.0.1:${PORT}`,
      keepalive: KEEPALIVE,
    })
  }

  remove(): void {
    this.#ends.remove()
  }

  async #startRelay(host: LabHost, args: readonly string[]): Promise<Program> {
    const { log, program, ready } = this.#relay
    const relay = host.start(program, args)
    await relay.line(ready, log)
    return relay
  }
}
