import { INNER, type Lab } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { WIREGUARD_GO } from '../../lab/wireguard-go.js'
import { publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { keyOptions, startQanat } from './qanat.js'
import type { Pair, System } from './system.js'
import { WireGuardEnds } from './wireguard-ends.js'

const PORT = 51820
/** Seconds. Makes the end that calls do so at once. */
const KEEPALIVE = 25
const [NEAR, FAR] = INNER.ipv4
const SOURCE =
  "wireguard-go of Debian sid, unpacked by 'dpkg -x' and named by WIREGUARD_GO, and 'apt install wireguard-tools'"

/** wireguard-go at both ends: what the others are compared with. */
export const wireGuardGo: System = {
  name: 'wireguard-go',
  summary: 'wireguard-go at both ends, udp, chacha20-poly1305',
  programs: [WIREGUARD_GO, 'wg'],
  source: SOURCE,
  quick: true,
  prepare: (lab) => new WireGuardPair(lab),
}

/** Qanat calls wireguard-go. */
export const qanatToWireGuardGo: System = {
  name: 'qanat-to-wireguard-go',
  summary: 'Qanat calls wireguard-go, udp, wireguard',
  programs: [WIREGUARD_GO, 'wg'],
  source: SOURCE,
  onNode: true,
  prepare: (lab, folder) => new WireGuardPair(lab, folder),
}

class WireGuardPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  /** For Qanat's key file; undefined if wireguard-go is at the near end, too. */
  readonly #folder: string | undefined
  readonly #ends: WireGuardEnds

  constructor(lab: Lab, folder?: string) {
    this.#lab = lab
    this.#folder = folder
    this.#ends = new WireGuardEnds(lab)
  }

  startFar(): Promise<Program> {
    return this.#ends.startWireGuardGo('far', PORT)
  }

  async startNear(): Promise<Program> {
    const { near, far } = this.#lab
    const { keys } = this.#ends
    const endpoint = `${far.ipv4}:${PORT}`
    if (this.#folder === undefined)
      return this.#ends.startWireGuardGo('near', PORT, { endpoint, keepalive: KEEPALIVE })
    const own = { privateKey: keys.near, peerKey: publicKeyOf(keys.far) }
    return startQanat(near, [NEAR, FAR, ...keyOptions(this.#folder, 'near', own, FAR), '-p', endpoint])
  }

  remove(): void {
    this.#ends.remove()
  }
}
