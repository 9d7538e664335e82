import { INNER, type Lab } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { WireGuardGo } from '../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'

const ADDRESSES = { near: INNER.ipv4[0], far: INNER.ipv4[1] }

/** wireguard-go at either end of a tunnel, each with the other as its peer. */
export class WireGuardEnds {
  /** Private keys. */
  readonly keys = { near: generatePrivateKey(), far: generatePrivateKey() }
  readonly #lab: Lab
  readonly #started: WireGuardGo[] = []

  constructor(lab: Lab) {
    this.#lab = lab
  }

  /** @param dials where it finds its peer, and the seconds of its keepalive, which makes it dial at once. */
  async startWireGuardGo(
    end: 'near' | 'far',
    listenPort: number,
    dials?: { readonly endpoint: string; readonly keepalive: number },
  ): Promise<Program> {
    const other = end === 'near' ? 'far' : 'near'
    const started = await WireGuardGo.start(this.#lab[end], {
      privateKey: this.keys[end],
      listenPort,
      addresses: [`${ADDRESSES[end]}/24`],
      peerKey: publicKeyOf(this.keys[other]),
      allowedIps: [`${ADDRESSES[other]}/32`],
      ...dials,
    })
    this.#started.push(started)
    return started.program
  }

  /** Removes the sockets that killed ones leave behind. */
  remove(): void {
    for (const one of this.#started.splice(0)) one.removeSocket()
  }
}
