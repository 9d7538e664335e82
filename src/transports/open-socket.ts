import type net from 'node:net'
import type { TransportSettings } from '../core/transport-settings.js'
import { connect } from './connect.js'
import { endpointPort } from './endpoint-port.js'
import type { StreamParts } from './stream-parts.js'

export async function openSocket(
  endpoint: URL,
  _settings: TransportSettings,
  { clock, tune }: StreamParts,
  signal: AbortSignal,
): Promise<net.Socket> {
  const socket = await connect(endpoint, endpointPort(endpoint), clock, signal)
  tune(socket)
  return socket
}
