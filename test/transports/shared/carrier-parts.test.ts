import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/api/logger.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { CarrierParts, carrierPartsOf } from '../../../src/transports/shared/carrier-parts.js'
import { bareApp } from '../../app/plugins/bare-app.js'

describe('carrier parts', () => {
  it('are the same for all plugins of an app', () => {
    const app = bareApp()
    const parts = carrierPartsOf(app)
    expect(carrierPartsOf(app.createChildContainer())).toBe(parts)
    expect(carrierPartsOf(app)).toBe(parts)
    expect(carrierPartsOf(bareApp())).not.toBe(parts)
  })

  it('are made once, and anew for another mark alone', async () => {
    const parts = new CarrierParts(systemClock, silentLogger)
    parts.settings = { streamLimits: { maxUnauthenticated: 2 } }
    const streams = await parts.streams()
    expect(streams.egress).toBe(plainEgress)
    parts.settings = { tunnelDns: ['192.0.2.1'], mark: 0 }
    expect(await parts.streams()).toBe(streams)
    parts.settings = { mark: 7 }
    const marked = await parts.egress().catch((thrown) => thrown) // without koffi nothing can be marked
    expect(marked).not.toBe(plainEgress)
  })
})
