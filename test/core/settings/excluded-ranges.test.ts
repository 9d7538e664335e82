import { describe, expect, it } from 'vitest'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { SettingKind } from '../../../src/core/settings/client-settings.js'
import { excludedRanges } from '../../../src/core/settings/excluded-ranges.js'
import { routesTo } from '../../../src/core/settings/peer-routes.js'

const prefixes = (...texts: readonly string[]) => texts.map((text) => parseIpPrefix(text)!)
const peer = (allowed: readonly string[], ...accepts: readonly SettingKind[]) => ({
  ...{ accepts, allowed: prefixes(...allowed) },
})

describe('what stays outside a tunnel', () => {
  it.each([
    ['what is excluded', ['10.0.0.0/8'], ['0.0.0.0/0'], [], ['10.0.0.0/8']],
    ['once', ['10.0.0.0/8', '10.1.0.0/16'], ['0.0.0.0/0'], [], ['10.0.0.0/8']],
    ['but for what a peer owns within', ['10.0.0.0/15'], ['0.0.0.0/0', '10.1.0.0/16'], [], ['10.0.0.0/16']],
    ['but for an own network within', ['10.0.0.0/15'], ['0.0.0.0/0'], ['10.1.0.0/16'], ['10.0.0.0/16']],
    [
      'and what is excluded of that again',
      ['10.0.0.0/15', '10.1.128.0/17'],
      ['0.0.0.0/0', '10.1.0.0/16'],
      [],
      ['10.0.0.0/16', '10.1.128.0/17'],
    ],
  ])('is %s', (_what, excluded, allowed, own, left) => {
    const ranges = excludedRanges(prefixes(...excluded), { own: prefixes(...own), peers: [peer(allowed)] })
    expect(ranges.map(({ text }) => text)).toEqual(left)
  })

  it('is also what a peer may push a route to', () => {
    const peers = [peer(['10.1.0.0/16'], 'routes')]
    const ranges = excludedRanges(prefixes('10.0.0.0/8'), { own: [], peers })
    expect(ranges.map(({ text }) => text)).toEqual(['10.0.0.0/8'])
  })

  it('is cut out of the routes of a tunnel', () => {
    const routes = (excluded: readonly string[]) =>
      routesTo([peer(['10.0.0.0/15', '0.0.0.0/0', '10.4.1.0/24'])], 'but-default', prefixes(...excluded)).map(
        ({ text }) => text,
      )
    expect(routes([])).toEqual(['10.0.0.0/15', '10.4.1.0/24'])
    expect(routes(['10.1.0.0/16', '10.4.0.0/16'])).toEqual(['10.0.0.0/16', '10.4.1.0/24'])
  })
})
