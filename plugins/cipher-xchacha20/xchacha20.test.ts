import { randomBytes } from 'node:crypto'
import { CIPHER, type Cipher, type CipherPlugin } from 'qanat'
import { pluginContainer, testAead, testCipher } from 'qanat/conformance'
import { aead, register } from './index.js'
import { vectors } from './vectors.js'

testAead({ name: 'xchacha20', aead, vectors })

testCipher({
  name: 'xchacha20',
  authenticates: true,
  sessions: { rekeyAfter: 120_000, idleAfter: 600_000, extended: true },
  setup(clock) {
    const key = randomBytes(32).toString('base64')
    const end = () => {
      const app = pluginContainer({ register }, clock)
      const plugin = app.resolve<CipherPlugin>(CIPHER)
      return { cipher: plugin.create({ key, peers: [{ id: 'peer' }] }, app) as Cipher, peer: 'peer' }
    }
    return { near: end(), far: end() }
  },
})
