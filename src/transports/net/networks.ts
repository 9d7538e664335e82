import { BlockList, isIP } from 'node:net'

/** A set of networks, each written as CIDR or as a single address. */
export class Networks {
  readonly #list = new BlockList()

  /** Adds a network. Returns false if the text is not a network. */
  add(text: string): boolean {
    const [address, prefix, ...rest] = text.split('/')
    const version = isIP(address!)
    const bits = version === 6 ? 128 : 32
    if (version === 0 || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false
    if (Number(prefix ?? bits) > bits) return false
    this.#list.addSubnet(address!, Number(prefix ?? bits), version === 6 ? 'ipv6' : 'ipv4')
    return true
  }

  /** Whether an address is in one of the networks; false for anything but an address. */
  has(address: string): boolean {
    const version = isIP(address)
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
}
