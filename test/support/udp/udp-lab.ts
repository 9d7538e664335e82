import dgram from 'node:dgram'
import { once } from 'node:events'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { TrainSender } from '../../../src/core/api/trains.js'
import type { Link } from '../../../src/core/api/transport.js'
import { native } from '../../../src/native/base/native.js'
import type { Sockets } from '../../../src/native/base/sockets.js'
import type { UdpPort } from '../../../src/transports/udp/udp-port.js'
import { afterTest } from '../after-test.js'
import { eventually } from '../eventually.js'
import { cutMessages, readMessages } from './sent-messages.js'
import { bindNative } from './udp-backends.js'

/** Two native sockets on loopback, one of which dials the other. */
export class UdpLab {
  readonly near: UdpPort
  readonly far: UdpPort
  readonly link: Link & TrainSender
  /** What the far end, which listens, was told, and the near end, which dials. */
  readonly received = new Recorder()
  readonly answered = new Recorder()
  readonly #stop: () => Promise<void>

  private constructor(near: UdpPort, far: UdpPort, host: string) {
    this.near = near
    this.far = far
    this.#stop = far.users.listen(this.received)
    this.link = near.dial(host, far.port, this.answered) as Link & TrainSender
  }

  /** `nearCalls` replaces socket calls of the near end, `farCalls` those of the far end. */
  static async open(nearCalls: Partial<Sockets> = {}, farCalls: Partial<Sockets> = {}): Promise<UdpLab> {
    const bind = (calls: Partial<Sockets>) => bindNative({ sockets: { ...native().sockets, ...calls } })
    const far = await bind(farCalls)(4, '127.0.0.1', 0)
    return new UdpLab(await bind(nearCalls)(4, '127.0.0.1', 0), far, '127.0.0.1')
  }

  async arrived(count: number): Promise<Uint8Array[]> {
    await eventually(
      `${count} datagrams arrive`,
      () => this.received.arrivals.length,
      (length) => length >= count,
    )
    return this.received.arrivals.map(({ bytes }) => bytes)
  }

  async close(): Promise<void> {
    await this.link.close()
    await this.#stop()
  }
}

/**
 * A sendmmsg that fails where `failure` says so, with the error number it returns, and else sends. `failure` is
 * asked about the first message of each call, as datagrams.
 */
export function failingSend(
  failure: (message: { datagrams: number; bytes: number; chosen: boolean }) => number,
): Pick<Sockets, 'sendmmsg'> {
  return {
    sendmmsg(fd, address, count) {
      const { arena, sockets } = native()
      let sent = 0
      for (const message of readMessages(arena, address, count)) {
        const datagrams = cutMessages([message]).length
        const errno = failure({ datagrams, bytes: message.bytes.length, chosen: message.local !== undefined })
        if (errno !== 0) return sent > 0 ? sent : -errno
        sockets.sendmmsg(fd, address + sent * 64, 1)
        sent++
      }
      return sent
    },
  }
}

/** A socket by node:dgram on loopback, for what an unknown source does. It is closed after the test, if it is still open. */
export async function openUnknownSource(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  let isOpen = true
  socket.on('close', () => {
    isOpen = false
  })
  afterTest(() => isOpen && new Promise<void>((done) => void socket.close(done)))
  await once(socket, 'listening')
  return socket
}
