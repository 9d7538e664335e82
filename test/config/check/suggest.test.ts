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

  it.each([
    ['DisallowedIPs', 'AllowedIPs'],
    ['no-nat', 'nat'],
    ['un-forward', 'forward'],
    ['nat', 'no-nat'],
  ])('never takes %s for its opposite %s', (typed, opposite) => {
    expect(suggest(typed, [opposite])).toBeUndefined()
    expect(suggest(opposite, [opposite])).toBe(opposite)
  })

  it('takes a word for another one that begins alike', () => {
    expect(suggest('underlay-route', ['underlay-routes'])).toBe('underlay-routes')
    expect(suggest('nane', ['name'])).toBe('name')
  })
})
