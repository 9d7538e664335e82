import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TunPlace } from './tun-place.js'

/** Plays the host of an open device: sends UDP datagrams through it, and collects those that arrive. */
export interface TunHost {
  /** Sends these datagrams from the place's `local` to `far`, each as a packet of its own. */
  send(payloads: readonly Uint8Array[]): void | Promise<void>
  /** The payloads that the device has handed to the host so far, in order. */
  readonly taken: readonly Uint8Array[]
  /** Sends datagrams of equal size as one super-packet. Absent if the host makes none. */
  sendTogether?(payloads: readonly Uint8Array[]): void | Promise<void>
  /** Removes the interface, as an administrator may. Absent if there is none. */
  removeDevice?(): void | Promise<void>
  close?(): void | Promise<void>
}

/** The kernel plays the host of an interface in this process's network namespace. */
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
