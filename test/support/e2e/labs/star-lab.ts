import { randomBytes } from 'node:crypto'
import { LabHost } from '../../../../lab/lab.js'
import { ip, NetworkNamespace, removeNamespaces, WIRE } from '../../../../lab/namespaces.js'

/** A host in the middle, and others that each have a wire to it and none to each other. */
export class StarLab {
  readonly middle: LabHost
  readonly others: readonly LabHost[]
  readonly #namespaces: readonly NetworkNamespace[]

  /** Makes the hosts; where anything fails, what was made until then is removed. */
  constructor(count: number) {
    const prefix = `qanat-${process.pid}-${randomBytes(3).toString('hex')}`
    this.#namespaces = Array.from(
      { length: count + 1 },
      (_, index) => new NetworkNamespace(`${prefix}-${index}`, index + 1),
    )
    const [middle, ...others] = this.#namespaces as [NetworkNamespace, ...NetworkNamespace[]]
    try {
      for (const { name } of this.#namespaces) ip(['netns', 'add', name])
      for (const [index, other] of others.entries()) join(middle, other, `wire${index}`)
    } catch (thrown) {
      this.remove()
      throw thrown
    }
    this.middle = new LabHost(middle)
    this.others = others.map((namespace) => new LabHost(namespace))
  }

  /** Kills all programs and waits for their end. */
  async clear(): Promise<void> {
    await Promise.all([this.middle, ...this.others].map((host) => host.clear()))
  }

  /** Idempotent. Kills all that runs and removes the hosts. */
  remove(): void {
    removeNamespaces(this.#namespaces)
  }
}

/** A wire between two hosts, whose addresses reach each other alone. */
function join(middle: NetworkNamespace, other: NetworkNamespace, device: string): void {
  ip(['link', 'add', device, 'netns', middle.name, 'type', 'veth', 'peer', 'name', WIRE, 'netns', other.name])
  const ends = [
    { own: middle, far: other, device },
    { own: other, far: middle, device: WIRE },
  ]
  for (const { own, far, device } of ends) {
    const lines = [
      'link set lo up',
      `address add ${own.ipv4} peer ${far.ipv4} dev ${device}`,
      `link set ${device} up`,
    ]
    ip(['-n', own.name, '-batch', '-'], lines)
  }
}
