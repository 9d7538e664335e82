// @ts-check
import { randomBytes } from 'node:crypto'
import { aead } from './index.js'
import { vectors } from './vectors.js'

const end = { key: randomBytes(32).toString('base64'), peers: [{ id: 'peer' }] }

/** @type {import('qanat/testing').Kit} */
export default {
  ciphers: {
    xchacha20: {
      authenticates: true,
      sessions: { rekeyAfter: 120_000, idleAfter: 600_000, extended: true },
      aead: { aead, vectors },
      setup: () => ({ near: end, far: end }),
    },
  },
}
