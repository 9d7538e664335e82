import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { kitCases } from '../../../src/conformance/plugin/kit-cases.js'
import type { TunDriverKit, TunPlace } from '../../../src/conformance/testing.js'
import { kernelHost } from '../../../src/conformance/tun/tun-host.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { inNewNetwork } from '../../support/network-namespace.js'

/** linux/udp.h */
const IPPROTO_UDP = 17
const UDP_SEGMENT = 103
/** A user that nobody is. */
const NOBODY = 65_534

const kit: TunDriverKit = {
  setup: () => ({
    async host(device, place) {
      const host = await kernelHost(device, place)
      return {
        ...host,
        sendTogether: (payloads) => sendTogether(place, payloads),
        removeDevice: () => void execFileSync('ip', ['link', 'delete', device.name]),
      }
    },
    async withoutRights(work) {
      process.seteuid!(NOBODY)
      try {
        return await work()
      } finally {
        process.seteuid!(0)
      }
    },
  }),
}

for (const [name, needs] of DRIVERS) {
  describeWhere([...needs, 'root', 'program ip'], `the TUN driver ${name}`, () => {
    const cases = kitCases(builtins, { tunDrivers: { [name]: kit } })
    it.each(cases)('$name', async ({ run }) => {
      await inNewNetwork(async () => run())
    })
  })
}

/** Has the kernel make one super-packet of datagrams. */
async function sendTogether({ local, far }: TunPlace, payloads: readonly Uint8Array[]): Promise<void> {
  const libc = loadKoffi().load('libc.so.6')
  const setsockopt = libc.func('int setsockopt(int, int, int, const int *, uint32_t)')
  const socket = createSocket('udp4').bind(0, local.address)
  await once(socket, 'listening')
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
  expect(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, [payloads[0]!.length], 4)).toBe(0)
  await new Promise((resolve) => socket.send(Buffer.concat(payloads), far.port, far.address, resolve))
  await new Promise<void>((resolve) => socket.close(resolve))
}
