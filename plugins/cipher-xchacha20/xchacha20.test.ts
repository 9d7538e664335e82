import { randomBytes } from 'node:crypto'
import { pluginContext, testAead, testCipher } from 'qanat/conformance'
import plugin, { aead } from './index.js'
import { vectors } from './vectors.js'

testAead({ name: 'xchacha20', aead, vectors })

testCipher({
  name: 'xchacha20',
  authenticates: true,
  sessions: { rekeyAfter: 120_000, idleAfter: 600_000, extended: true },
  async setup(clock) {
    const key = randomBytes(32).toString('base64')
    const context = { ...pluginContext(plugin, clock), key, peers: [{ id: 'peer' }] }
    const end = async () => ({ cipher: await plugin.ciphers.xchacha20.create(context), peer: 'peer' })
    return { near: await end(), far: await end() }
  },
})
