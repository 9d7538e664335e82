import { CIPHER, type Cipher, type CipherPlugin } from 'qanat'
import { pluginContainer, testCipher } from 'qanat/conformance'
import { describe, expect, it } from 'vitest'
import { register } from './index.js'

const app = pluginContainer({ register })
const plugin = app.resolve<CipherPlugin>(CIPHER)
const create = () => ({ cipher: plugin.create({ peers: [{ id: 'peer' }] }, app) as Cipher, peer: 'peer' })

testCipher({
  name: 'rot13',
  authenticates: false,
  setup: () => ({ near: create(), far: create() }),
})

describe('rot13', () => {
  it('adds 13 to every byte', () => {
    const bytes = Uint8Array.of(0x41, 0x4e, 0xff)
    const [datagram] = create().cipher.seal('peer', [{ bytes, segmentSize: 0, checksum: 'full' }], 1500, 0)
    expect(datagram).toEqual(Uint8Array.of(0x4e, 0x5b, 0x0c))
  })
})
