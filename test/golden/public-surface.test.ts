import { expect, it } from 'vitest'
import * as qanat from '../../src/index.js'
import { compiledFiles } from './compiler.js'
import { publicSurface, typesOf } from './public-surface.js'

const ENTRIES = [
  ['qanat', '.'],
  ['qanat/plugin', './plugin'],
  ['qanat/testing', './testing'],
  ['qanat/conformance', './conformance'],
] as const
/** How a type is declared. */
const TYPE = /^(?:interface|class|type) (\w+)/

it('each entry exports the names and types it did, and one of them whatever type these name', async () => {
  const files = ENTRIES.map(([, entry]) => typesOf(entry))
  const compiled = compiledFiles(files)
  const surfaces = files.map((file) => publicSurface(compiled, file))
  for (const [at, [name]] of ENTRIES.entries())
    await expect(surfaces[at]!).toMatchFileSnapshot(`${name.replace('/', '-')}.txt`)
  const parts = surfaces.map((surface) => surface.split('\n\nReached through these:\n'))
  const exported = new Set(parts.flatMap(([here]) => typesIn(here!)))
  expect(parts.flatMap(([, behind]) => typesIn(behind!)).filter((name) => !exported.has(name))).toEqual([])
})

/** The names of the types that a part of a surface declares. */
function typesIn(part: string): string[] {
  return part.split('\n').flatMap((line) => TYPE.exec(line)?.[1] ?? [])
}

it('plugins find their tokens under the names they had', () => {
  const tokens = Object.entries(qanat).filter(([, value]) => typeof value === 'symbol')
  expect(Object.fromEntries(tokens.map(([name, token]) => [name, Symbol.keyFor(token as symbol)]))).toEqual({
    ADMIT: 'qanat/admit',
    CIPHER: 'qanat/cipher',
    CLOCK: 'qanat/clock',
    LOGGER: 'qanat/logger',
    NETWORK: 'qanat/network',
    OPTIONS: 'qanat/options',
    STORAGE: 'qanat/storage',
    TRANSPORT: 'qanat/transport',
    TUN_DRIVER: 'qanat/tun-driver',
  })
})
