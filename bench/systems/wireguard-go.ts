import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { WIREGUARD_GO, WireGuardGo } from '../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { keyOptions, startQanat } from './qanat.js'
import type { Pair, System } from './system.js'

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
  prepare: (lab, folder) => new WireGuardPair(lab, folder),
}

class WireGuardPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  /** For Qanat's key file; undefined where wireguard-go is at the near end, too. */
  readonly #folder: string | undefined
  readonly #keys = { near: generatePrivateKey(), far: generatePrivateKey() }
  readonly #started: WireGuardGo[] = []

  constructor(lab: Lab, folder?: string) {
    this.#lab = lab
    this.#folder = folder
  }

  startFar(): Promise<Program> {
    const { near, far } = this.#keys
    return this.#start(this.#lab.far, far, near, [FAR, NEAR])
  }

  async startNear(): Promise<Program> {
    const { near, far } = this.#lab
    const keys = this.#keys
    const endpoint = `${far.ipv4}:${PORT}`
    if (this.#folder === undefined) return this.#start(near, keys.near, keys.far, [NEAR, FAR], endpoint)
    const own = { privateKey: keys.near, peerKey: publicKeyOf(keys.far) }
    return startQanat(near, [NEAR, FAR, ...keyOptions(this.#folder, 'near', own, FAR), '-p', endpoint])
  }

  remove(): void {
    for (const one of this.#started.splice(0)) one.removeSocket()
  }

  async #start(
    host: LabHost,
    privateKey: string,
    peer: string,
    [own, others]: readonly [string, string],
    endpoint?: string,
  ): Promise<Program> {
    const started = await WireGuardGo.start(host, {
      privateKey,
      listenPort: PORT,
      addresses: [`${own}/24`],
      peerKey: publicKeyOf(peer),
      allowedIps: [`${others}/32`],
      endpoint,
      keepalive: endpoint === undefined ? undefined : KEEPALIVE,
    })
    this.#started.push(started)
    return started.program
  }
}
