import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'

/** The TOML file of a tunnel that needs no root: its device is in memory, and nobody has the key of its one peer. */
export function memoryTunnel(listen: string): string {
  return `[interface]
private-key = "${generatePrivateKey()}"
address = ["10.9.0.1/32"]
listen = ["${listen}"]
tun-driver = "memory"
[[peer]]
public-key = "${publicKeyOf(generatePrivateKey())}"
allowed-ips = ["10.9.0.2/32"]
`
}
