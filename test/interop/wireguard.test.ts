import { expect, it } from 'vitest'
import { copy } from '../support/e2e/labs/copy.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { NEEDS, OURS4, OURS6, THEIRS4, THEIRS6, WireGuardTunnel } from './wireguard-tunnel.js'

const COPY_BYTES = 50_000_000
/** Milliseconds. */
const TIMEOUT = 120_000

describeWhere(NEEDS, "a tunnel to Debian's wireguard-go carries 50 MB each way, unchanged,", () => {
  for (const caller of ['Qanat', 'wireguard-go'] as const) {
    for (const outside of ['ipv4', 'ipv6'] as const) {
      // Together they have each family inside both ways, with and without a preshared key.
      const presharedKey = (caller === 'Qanat') === (outside === 'ipv6')
      const [ours, theirs] = presharedKey ? [OURS6, THEIRS4] : [OURS4, THEIRS6]
      const how = `over ${outside}, ${presharedKey ? 'with' : 'without'} a preshared key`

      it(
        `where ${caller} calls ${how}`,
        () =>
          WireGuardTunnel.with({ caller, outside, presharedKey }, async (tunnel) => {
            await tunnel.answers()
            await copy(tunnel.near, tunnel.far, ours, COPY_BYTES)
            await copy(tunnel.far, tunnel.near, theirs, COPY_BYTES)
            expect(await tunnel.wireguard.endpoint()).toContain(outside === 'ipv4' ? '10.9.0.1' : '[fd09::1]')
          }),
        TIMEOUT,
      )
    }
  }
})
