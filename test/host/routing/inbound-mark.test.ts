import { describe, expect, it } from 'vitest'
import { type HostSettings, NO_HOOKS } from '../../../src/core/settings/host-settings.js'
import { answersByMark, inboundMark } from '../../../src/host/routing/inbound-mark.js'

const NOTHING: HostSettings = {
  fullTunnel: { ipv4: false, ipv6: false },
  killSwitch: false,
  underlayRoutes: true,
  dns: { servers: [], search: [] },
  hooks: NO_HOOKS,
  forward: false,
  nat: false,
}
const FULL = { ...NOTHING, fullTunnel: { ipv4: true, ipv6: false } }
const CLOSED = { ...FULL, killSwitch: true }

describe('the mark of connections that others begin', () => {
  it.each([
    ['a full tunnel', FULL, undefined, 0x3151],
    ['a full tunnel that is not to answer', FULL, false, 0],
    ['a kill switch', CLOSED, undefined, 0],
    ['a kill switch that is to let answers out', CLOSED, true, 0x3151],
    ['a tunnel that keeps nothing from the host', NOTHING, true, 0],
  ])('is another one than the carrier’s, or none: %s', (_what, settings, asked, mark) => {
    expect(inboundMark(settings, asked, 0x2151)).toBe(mark)
  })

  it('is never none if there is to be one', () => {
    expect(inboundMark(FULL, true, 0x1000)).toBe(0x1800)
    expect(inboundMark(FULL, true, 0)).toBe(0) // nothing is marked
  })

  it.each([
    ['4.19.0-27-amd64', false],
    ['5.1.0', false],
    ['5.2.0', true],
    ['6.18.44-fc', true],
  ])('needs Linux 5.2: %s', (version, can) => {
    expect(answersByMark(version)).toBe(can)
  })
})
