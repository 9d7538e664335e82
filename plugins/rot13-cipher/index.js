// @ts-check
import { CIPHER, statelessCipher } from 'qanat/plugin'

const seal = (/** @type {Uint8Array} */ packet) => packet.map((byte) => byte + 13)
const open = (/** @type {Uint8Array} */ datagram) => datagram.map((byte) => byte - 13)

/** @type {import('qanat').CipherPlugin} */
const rot13 = {
  name: 'rot13',
  summary: 'adds 13 to every byte: an example, protects nothing',
  create: ({ peers: [peer] }) => statelessCipher(peer?.id ?? 'peer', { seal, open }),
}

/** @type {import('qanat').PluginModule['register']} */
export const register = (container) => void container.register(CIPHER, { useValue: rot13 })
