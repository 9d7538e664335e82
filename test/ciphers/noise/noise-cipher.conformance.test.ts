import { randomBytes } from 'node:crypto'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { aes256Gcm, chacha20Poly1305 } from '../../../src/ciphers/psk.js'
import { wireguard } from '../../../src/ciphers/wireguard.js'
import { type CipherCase, type CipherEnd, testCipher } from '../../../src/conformance/index.js'
import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { CipherSettings } from '../../../src/core/plugin/plugin.js'
import { partContext } from '../../support/ciphers/part-context.js'

/** Milliseconds: WireGuard's Rekey-After-Time, and somewhat more than its keys are kept. */
const common: Pick<CipherCase, 'authenticates' | 'sessions'> = {
  authenticates: true,
  sessions: { rekeyAfter: 120_000, idleAfter: 600_000, extended: true },
}

for (const plugin of [aes256Gcm, chacha20Poly1305]) {
  testCipher({
    ...common,
    name: plugin.name,
    setup(clock) {
      const settings = { key: randomBytes(32).toString('base64'), peers: [{ id: 'peer' }] }
      return { near: end(plugin, settings, clock), far: end(plugin, settings, clock) }
    },
  })
}

testCipher({
  ...common,
  name: wireguard.name,
  hub(clock) {
    const own = generatePrivateKey()
    const keys = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()]
    const peers = keys.map((key) => ({ id: publicKeyOf(key) }))
    const spokes = keys.map((privateKey, at) => ({
      cipher: end(wireguard, { privateKey, peers: [{ id: publicKeyOf(own) }] }, clock).cipher,
      hub: publicKeyOf(own),
      known: peers[at]!,
    }))
    return { cipher: end(wireguard, { privateKey: own, peers }, clock).cipher, spokes }
  },
  setup(clock) {
    const [near, far] = [generatePrivateKey(), generatePrivateKey()]
    return {
      near: end(wireguard, { privateKey: near, peers: [{ id: publicKeyOf(far) }] }, clock),
      far: end(wireguard, { privateKey: far, peers: [{ id: publicKeyOf(near) }] }, clock),
    }
  },
})

function end(
  plugin: typeof aes256Gcm | typeof wireguard,
  settings: CipherSettings,
  clock: VirtualClock,
): CipherEnd {
  return { cipher: plugin.create({ ...settings, ...partContext({ clock }) }), peer: settings.peers[0]!.id }
}
