import { DEVICE_MTU, MIN_MTU } from '../../core/api/config.js'
import type { Check } from './check.js'

/** Checks that the device can carry what the file has of IPv6: below its smallest MTU the kernel turns it off. */
export function checkMtu({ model, report }: Check): void {
  const { address = [], mtu } = model.interface
  if (mtu === undefined || mtu >= MIN_MTU) return
  const ranges = [...address, ...model.peers.flatMap(({ allowedIps = [] }) => allowedIps)]
  const ipv6 = ranges.find((text) => text.includes(':'))
  if (ipv6 === undefined) return
  report(
    ['interface', 'mtu'],
    `is ${mtu}, and IPv6 (${ipv6}) needs at least ${MIN_MTU}; without IPv6 ${DEVICE_MTU.min} is enough`,
  )
}
