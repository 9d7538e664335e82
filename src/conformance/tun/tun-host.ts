import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TunPlace } from './tun-place.js'

/** Plays the host of an open device: it sends datagrams of UDP by it, and takes them. */
export interface TunHost {
  /** The host sends these datagrams from the place's `local` to `far`, each as a packet. */
  send(payloads: readonly Uint8Array[]): void | Promise<void>
  /** The payloads of what the device handed to the host so far, in their order. */
  readonly taken: readonly Uint8Array[]
  /** The host sends datagrams of one size as one super-packet. Absent if it knows none. */
  sendTogether?(payloads: readonly Uint8Array[]): void | Promise<void>
  /** Takes the interface away, as an administrator may. Absent if there is none. */
  removeDevice?(): void | Promise<void>
  close?(): void | Promise<void>
}

/** The kernel as the host of an interface that is in this process' network namespace. */
export async function kernelHost(_device: unknown, { local, far }: TunPlace): Promise<TunHost> {
  const socket = createSocket('udp4')
  const taken: Uint8Array[] = []
  socket.on('message', (payload) => taken.push(Uint8Array.from(payload)))
  const bound = once(socket, 'listening')
  socket.bind(local.port, local.address)
  await bound
  socket.on('error', () => {}) // what cannot be sent is missed by who waits for it
  return {
    taken,
    send(payloads) {
      for (const payload of payloads) socket.send(payload, far.port, far.address, () => {})
    },
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}
