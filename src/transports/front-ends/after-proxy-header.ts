import type { Socket } from 'node:net'
import type { Clock } from '../../core/time/clock.js'
import { type ProxyHeader, readProxyHeader } from './proxy-header.js'

/** Milliseconds from the connection to the end of its header: a front end writes it at once. */
const MAX_DURATION = 3_000

/** What is done once the header has come, or cannot come any more. */
export interface AfterProxyHeader {
  /** The header is read, and what follows it will be read first. */
  read(client: ProxyHeader['client']): void
  /** It is malformed, late, or none at all. */
  failed(why: string): void
}

/** Reads the header of the PROXY protocol from a socket that nobody reads yet. Exactly one of these is called, or none if the socket closes. */
export function afterProxyHeader(socket: Socket, clock: Clock, { read, failed }: AfterProxyHeader): void {
  let come: Buffer | undefined
  const end = () => {
    timer.cancel()
    socket.removeListener('readable', look)
    socket.removeListener('close', end)
  }
  const look = () => {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return // it has ended, or is about to
    come = come === undefined ? bytes : Buffer.concat([come, bytes])
    const header = readProxyHeader(come)
    if (header === 'incomplete') return
    end()
    if (header === 'malformed') {
      failed('it does not begin with a header of the PROXY protocol')
      return
    }
    if (header.bytes < come.length) socket.unshift(come.subarray(header.bytes))
    read(header.client)
  }
  const timer = clock.schedule(MAX_DURATION, () => {
    end()
    failed(`its header of the PROXY protocol was not there within ${MAX_DURATION / 1000} s`)
  })
  socket.on('readable', look)
  socket.once('close', end)
}
