import { describe, expect, it } from 'vitest'
import { suggest } from '../../../src/config/check/suggest.js'

const KNOWN = ['address', 'listen', 'mtu', 'private-key', 'private-key-file', 'keepalive']

describe('suggest', () => {
  it.each([
    ['adress', 'address'],
    ['adderss', 'address'],
    ['Listen', 'listen'],
    ['privateKey', 'private-key'],
    ['private_key_file', 'private-key-file'],
    ['mut', 'mtu'],
    ['keep-alive', 'keepalive'],
    ['colour', undefined],
    ['x', undefined],
  ])('takes %s for %s', (typed, meant) => {
    expect(suggest(typed, KNOWN)).toBe(meant)
  })
})
