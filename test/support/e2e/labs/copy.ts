import { expect } from 'vitest'
import type { LabHost } from '../../../../lab/lab.js'
import { CLIENT, type FullTunnelLab, SERVER } from './full-tunnel-lab.js'

/** Milliseconds for a copy, on a busy machine. */
const COPY_LIMIT = 120_000

/**
 * Copies bytes over HTTP from one host, by its inner address, to another, and compares the hashes. `underWay` is
 * called once the first of them arrived.
 */
export async function copy(
  from: LabHost,
  to: LabHost,
  address: string,
  bytes: number,
  underWay?: () => Promise<void>,
): Promise<void> {
  const server = from.node('http-server.js', address, '8000', String(bytes))
  await server.line('listening', 'stdout')
  const host = address.includes(':') ? `[${address}]` : address
  const client = to.node('http-client.js', `http://${host}:8000/`)
  await client.line('under way', 'stdout')
  await underWay?.()
  await client.output(COPY_LIMIT)
  const received = await client.line('received', 'stdout')
  const sent = await server.line('sent', 'stdout')
  server.kill('SIGTERM')
  expect(received.replace('received', 'sent')).toBe(sent)
}

/** Copies so many bytes through a full tunnel from its server, and as many to it. */
export async function copyEachWay({ client, server }: FullTunnelLab, bytes: number): Promise<void> {
  await copy(server, client, SERVER.ipv4, bytes)
  await copy(client, server, CLIENT.ipv4, bytes)
}
