import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { bareHost } from '../../core/ip/bare-host.js'

/** Sends bytes to a listener as a stranger would, and resolves once they are on their way, or are not wanted any more. */
export type RawWire = (bytes: readonly Uint8Array[]) => Promise<void>

/** What speaks to a host and a port by TCP, or by UDP; undefined if an endpoint is somewhere else. */
export function rawWire(endpoint: URL, stream: boolean): RawWire | undefined {
  const port = Number(endpoint.port)
  const host = bareHost(endpoint.hostname)
  if (port === 0 || host === '') return undefined
  return stream ? byTcp(host, port) : byUdp(host, port)
}

function byTcp(host: string, port: number): RawWire {
  return async (bytes) => {
    const socket = connect({ host, port })
    socket.on('error', () => {}) // it may be reset: then it is closed
    const closed = new Promise((resolve) => socket.once('close', resolve)) // `once` of Node would reject if it is reset
    socket.resume()
    for (const piece of bytes) socket.write(piece)
    socket.end()
    setTimeout(() => socket.destroy(), 50).unref()
    await closed
  }
}

function byUdp(host: string, port: number): RawWire {
  return async (bytes) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    for (const piece of bytes) await new Promise((resolve) => socket.send(piece, port, host, resolve))
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  }
}
