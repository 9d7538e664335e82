import { expect, it } from 'vitest'
import * as qanat from '../../src/index.js'
import { compiledFiles } from './compiler.js'
import { publicSurface, typesOf } from './public-surface.js'

it.each([
  ['qanat', '.'],
  ['qanat/testing', './testing'],
  ['qanat/conformance', './conformance'],
])('%s exports the names and types it did', async (name, entry) => {
  const types = typesOf(entry)
  await expect(publicSurface(compiledFiles([types]), types)).toMatchFileSnapshot(
    `${name.replace('/', '-')}.txt`,
  )
})

it('plugins find their tokens under the names they had', () => {
  const tokens = Object.entries(qanat).filter(([, value]) => typeof value === 'symbol')
  expect(Object.fromEntries(tokens.map(([name, token]) => [name, Symbol.keyFor(token as symbol)]))).toEqual({
    CIPHER: 'qanat/cipher',
    CLOCK: 'qanat/clock',
    LOGGER: 'qanat/logger',
    OPTIONS: 'qanat/options',
    TRANSPORT: 'qanat/transport',
    TUN_DRIVER: 'qanat/tun-driver',
  })
})
