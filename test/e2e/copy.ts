import { expect } from 'vitest'
import type { LabHost } from './lab.js'

/** Milliseconds for a copy, on a busy machine. */
const COPY_LIMIT = 120_000

/** Copies bytes over HTTP from one host, by its inner address, to another, and compares the hashes. */
export async function copy(from: LabHost, to: LabHost, address: string, bytes: number): Promise<void> {
  const server = from.node('http-server.js', address, '8000', String(bytes))
  await server.line('listening', 'stdout')
  const host = address.includes(':') ? `[${address}]` : address
  const received = await to.node('http-client.js', `http://${host}:8000/`).output(COPY_LIMIT)
  const sent = await server.line('sent', 'stdout')
  server.kill('SIGTERM')
  expect(received.replace('received', 'sent')).toBe(sent)
}
